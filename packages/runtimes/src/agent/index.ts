export { AgentError, errnoName } from "./errors.ts";
export { openAgent } from "./open-agent.ts";
