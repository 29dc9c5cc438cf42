export * from "./observe.ts";
export * from "./ports.ts";
export * from "./store.ts";
export * from "./types.ts";
