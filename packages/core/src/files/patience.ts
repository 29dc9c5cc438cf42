/** Waiting for an agent, which belongs to the guest and may never answer. */
import { gatewayLimits, HsrError } from "@hsr/contract";

/** The agent's answer, or an error when it does not come in time or the caller has gone. */
export async function answered<Value>(answer: Promise<Value>, signal?: AbortSignal): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new HsrError("sandbox_unreachable")), gatewayLimits.file_answer_ms.value);
  const gone = () => reject(new HsrError("bad_http", { message: "The client went away." }));
  if (signal?.aborted === true) gone();
  signal?.addEventListener("abort", gone, { once: true });
  try {
    return await Promise.race([answer, promise]);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener("abort", gone);
    // Whichever came second is of no interest.
    answer.catch(() => "its outcome came too late");
  }
}
