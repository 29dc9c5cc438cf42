/** What a denial is to whoever asked, and to the audit log. */
import { HsrError } from "@hsr/contract";
import type { HeldFor } from "../decide/decision.ts";
import type { Answer } from "./waiting.ts";

export interface Denial {
  readonly failed: HsrError;
  /** For the audit log. */
  readonly data: { readonly by: string | null; readonly reason: string };
  readonly requestId: string | null;
}

export function denialOf(answer: Exclude<Answer, { readonly kind: "approve" }>, approval: HeldFor | undefined): Denial {
  const details = approval === undefined ? {} : { details: { rule: approval.rule } };
  if (answer.kind === "expire")
    return {
      failed: new HsrError("approval_expired", details),
      data: { by: null, reason: "late" },
      requestId: null,
    };
  const { by, reason } = answer;
  const message = reason === "" ? {} : { message: `A person denied this request: ${reason}` };
  return {
    failed: new HsrError("approval_denied", {
      ...message,
      details: { ...details.details, denied_by: by.keyId },
    }),
    data: { by: by.keyId, reason },
    requestId: by.requestId,
  };
}
