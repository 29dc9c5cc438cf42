import type { Error as ErrorBody, ErrorInfo } from "./gen/api.ts";
import { fromWire } from "./keys.ts";

/** Anything that goes wrong between a caller and the gateway. What a program in a sandbox does is a result, never an error. */
export class HsrError extends Error {
  override readonly name: string = "HsrError";
}

/** The gateway's own answer to something that it did not do. docs/errors.md has the table of codes. */
export class HsrApiError extends HsrError {
  override readonly name = "HsrApiError";
  /** What went wrong, from a closed table. */
  readonly code: ErrorInfo["code"];
  /** Whose fault it is. */
  readonly class: ErrorInfo["class"];
  /** Whether the same request may succeed later. */
  readonly retryable: boolean;
  /** What to do about it. */
  readonly hint: string;
  /** The field of the request that is at fault, as the wire calls it. */
  readonly field: string | undefined;
  /** Facts for programs; they depend on the code. */
  readonly details: Readonly<Record<string, unknown>>;
  /** The HTTP status; `undefined` for an error that a run kept. */
  readonly status: number | undefined;
  /** Names the request in the gateway's log. */
  readonly requestId: string | undefined;
  /** How long the gateway asks to be left alone. */
  readonly retryAfterMs: number | undefined;

  constructor(
    info: ErrorInfo,
    answer: { readonly status?: number; readonly requestId?: string; readonly retryAfterMs?: number | undefined } = {},
  ) {
    super(info.message);
    this.code = info.code;
    this.class = info.class;
    this.retryable = info.retryable;
    this.hint = info.hint;
    this.field = info.field;
    this.details = info.details ?? {};
    this.status = answer.status;
    this.requestId = answer.requestId;
    this.retryAfterMs = answer.retryAfterMs;
  }
}

/** No answer, half an answer, or one that is not a gateway's. Whether anything was done is not known. */
export class HsrConnectionError extends HsrError {
  override readonly name = "HsrConnectionError";
  /** The HTTP status, if there was one: a proxy's, for instance. */
  readonly status: number | undefined;

  constructor(message: string, options: { readonly cause?: unknown; readonly status?: number } = {}) {
    super(message, { cause: options.cause });
    this.status = options.status;
  }
}

/** A delivery that no gateway with this secret has signed. */
export class HsrSignatureError extends HsrError {
  override readonly name = "HsrSignatureError";
}

/** The error of an answer with a status of 400 or more. */
export async function errorOf(response: Response): Promise<HsrApiError | HsrConnectionError> {
  const { status } = response;
  let body: unknown;
  try {
    body = fromWire(await response.json());
  } catch (cause) {
    return new HsrConnectionError(`an answer with status ${status} that is not a gateway's`, { cause, status });
  }
  if (!isErrorBody(body))
    return new HsrConnectionError(`an answer with status ${status} that is not a gateway's`, { status });
  const { requestId } = body.error;
  return new HsrApiError(body.error, { status, requestId, retryAfterMs: retryAfterMs(response) });
}

function isErrorBody(body: unknown): body is ErrorBody {
  const { error } = (body ?? {}) as { readonly error?: { readonly code?: unknown; readonly message?: unknown } };
  return typeof error?.code === "string" && typeof error.message === "string";
}

function retryAfterMs(response: Response): number | undefined {
  const header = response.headers.get("retry-after");
  return header !== null && /^\d{1,6}$/.test(header) ? Number(header) * 1000 : undefined;
}
