import fc from "fast-check";
import { expect, test } from "vitest";
import { fromWire, fromWireKey, toWire, toWireKey } from "./keys.ts";

test("keys change by rule, and come back", () => {
  expect(fromWireKey("stdin_base64")).toBe("stdinBase64");
  expect(fromWireKey("sha256")).toBe("sha256");
  expect(toWireKey("outputLimitBytes")).toBe("output_limit_bytes");
  const key = fc.stringMatching(/^[a-z][a-z0-9]{0,5}(_[a-z][a-z0-9]{0,5}){0,3}$/);
  fc.assert(fc.property(key, (name) => toWireKey(fromWireKey(name)) === name));
});

test("names of the caller's own are never changed", () => {
  const request = {
    timeoutMs: 1,
    environment: { MY_name: "a_b", aB: "" },
    labels: { teamName: "x", a_b: "y" },
    metadata: { someKey: { innerKey: 1 } },
    event: { fooBar: [{ bazQux: 1 }] },
    files: [{ contentBase64: "" }],
  };
  expect(toWire(request)).toEqual({
    timeout_ms: 1,
    environment: { MY_name: "a_b", aB: "" },
    labels: { teamName: "x", a_b: "y" },
    metadata: { someKey: { innerKey: 1 } },
    event: { fooBar: [{ bazQux: 1 }] },
    files: [{ content_base64: "" }],
  });
  expect(fromWire(toWire(request))).toEqual(request);
});

test("a key that is no key of ours makes no prototype", () => {
  const value = fromWire(JSON.parse('{"labels": {"__proto__": {"polluted": true}}, "__proto__": {"a_b": 1}}'));
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
});
