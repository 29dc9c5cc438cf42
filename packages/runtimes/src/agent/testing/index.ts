export type { Frame } from "../frame-reader.ts";
export { FrameReader } from "../frame-reader.ts";
export { framesOf } from "../frame-writer.ts";
export * as wire from "../wire.ts";
export { ask, echoMagic, openMagic, tell } from "../wire.ts";
export { agentPath, eventually, finish, isAlive, program, type RealAgent, startRealAgent } from "./real-agent.ts";
export { recorded } from "./recorded.ts";
