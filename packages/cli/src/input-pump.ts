/** Our standard input on its way to a program in a sandbox: piece by piece, each when the one before was taken. */
import type { StdinRequest } from "@hsr/contract";
import { type Client, Refusal } from "./client.ts";
import { sandboxPath } from "./sandbox-name.ts";

/** The program, or its input, has ended: nothing is wrong with what was sent before. */
const endings: readonly string[] = ["execution_ended", "stdin_closed", "sandbox_not_running", "not_found"];

/**
 * Sends `source` until it ends or the program does. Rejects when it is not known whether a piece arrived: sending it again
 * could double it.
 */
export async function pumpInput(
  client: Client,
  sandboxId: string,
  executionId: string,
  source: AsyncIterable<Buffer>,
): Promise<void> {
  const path = sandboxPath(sandboxId, `/executions/${encodeURIComponent(executionId)}/stdin`);
  const send = (body: StdinRequest) => client.patient(path, body);
  try {
    for await (const piece of source) await send({ base64: piece.toString("base64") });
    await send({ end: true });
  } catch (error) {
    if (!(error instanceof Refusal && endings.includes(error.body.code))) throw error;
  }
}
