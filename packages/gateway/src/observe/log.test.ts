import { expect, test } from "vitest";
import { createLog } from "./log.ts";

const canary = "canary-4f1d9a";

function lines(write: (log: ReturnType<typeof createLog>) => void): string {
  let text = "";
  write(createLog({ level: "trace", version: "0.0.0", destination: { write: (line) => void (text += line) } }));
  return text;
}

test("a secret under any of the known names is not logged, however deep it lies", () => {
  const text = lines((log) => {
    for (const name of ["code", "stdin", "environment", "authorization", "key", "files", "argv"]) {
      log.info({ [name]: canary }, "top");
      log.info({ request: { [name]: { A: canary } } }, "nested");
      log.info({ a: { b: { [name]: [canary] } } }, "deep");
    }
  });
  expect(text).not.toContain(canary);
  expect(text).toContain("[redacted]");
});

test("the query of a request and odd properties of an error are not logged", () => {
  const text = lines((log) => {
    log.info({ req: { method: "GET", url: `/v1/runs?cursor=${canary}`, headers: { authorization: canary } } }, "in");
    log.error({ err: Object.assign(new Error("broken", { cause: { request: canary } }), { body: canary }) }, "failed");
  });
  expect(text).not.toContain(canary);
  expect(text).toContain("/v1/runs");
  expect(text).toContain("broken");
});

test("control: what stands under a name that nobody knows is logged", () => {
  expect(lines((log) => log.info({ remark: canary }, "top"))).toContain(canary);
});

test("a line is one JSON object with level, time, version and message", () => {
  const line = JSON.parse(lines((log) => log.warn({ run: "run-x" }, "hello"))) as object;
  expect(line).toMatchObject({ level: "warn", service: "hsr-gateway", version: "0.0.0", run: "run-x", msg: "hello" });
});
