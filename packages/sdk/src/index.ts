/** The TypeScript client of HSR, for Node and browsers. */
export type { Bytes } from "./bytes.ts";
export { HsrApiError, HsrConnectionError, HsrError, HsrSignatureError } from "./errors.ts";
export type { EventOptions } from "./events.ts";
export { Execution, type ExecutionEvent, type Output, type OutputOptions, type PendingExecution } from "./execution.ts";
export type { FilePath, Files, ReadOptions } from "./files.ts";
export type * as api from "./gen/api.ts";
export { Hsr } from "./hsr.ts";
export type { CallOptions, CreateOptions, HsrOptions, PageOptions } from "./options.ts";
export type { OutputChunk } from "./output.ts";
export type { PendingRun, RunEvent } from "./runs.ts";
export { type ExecOptions, Sandbox, type TerminalRequest } from "./sandbox.ts";
export type { Sandboxes } from "./sandboxes.ts";
export { type AttachOptions, Terminal } from "./terminal.ts";
export type { Ask, OperationName } from "./transport.ts";
export { type Delivery, verifyWebhook } from "./webhook.ts";
