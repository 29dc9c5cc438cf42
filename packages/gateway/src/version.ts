import packageFile from "../package.json" with { type: "json" };

/** The gateway's version, as its package says. */
export const version: string = packageFile.version;
