/** The launcher's client and its wire format, for those who test a launcher. */
export type { LauncherFacts } from "./facts.ts";
export { Launcher } from "./launcher.ts";
export type { SandboxReport } from "./replies.ts";
export {
  type Draft,
  decode,
  encode,
  headerBytes,
  type Message,
  MessageReader,
  messageTypes,
  protocolVersions,
} from "./wire.ts";
