import { expect, test } from "vitest";
import { parseBytes, parseCores, parseCount, parseDuration, showBytes, showDuration } from "./units.ts";

test("a time without a unit is refused, since it could be seconds or milliseconds", () => {
  expect(() => parseDuration("5", "--timeout")).toThrow(/--timeout wants a time with its unit, such as .*, not "5"/);
});

test.each(["", "m", "-1m", "1x", "1 m m", "0x10", "1e3", "∞", "64mm"])("bytes: %j is refused", (text) => {
  expect(() => parseBytes(text, "--memory")).toThrow(/--memory wants an amount/);
});

test("amounts below one unit and beyond exact numbers are refused", () => {
  expect(() => parseDuration("0.1ms", "--timeout")).toThrow(/less than the smallest unit/);
  expect(() => parseBytes("99999999g", "--memory")).toThrow(/too large/);
});

test.each([
  ["64m", 67_108_864],
  ["1g", 1_073_741_824],
  ["1.5k", 1536],
  ["65536", 65_536],
  ["64MiB", 67_108_864],
  ["0", 0],
])("bytes: %s is %i", (text, bytes) => expect(parseBytes(text, "--memory")).toBe(bytes));

test.each([
  ["1s", 1000],
  ["500ms", 500],
  ["1.5s", 1500],
  ["2m", 120_000],
  ["1h", 3_600_000],
])("durations: %s is %i ms", (text, ms) => expect(parseDuration(text, "--timeout")).toBe(ms));

test("counts and cores", () => {
  expect(parseCount("12", "--pids")).toBe(12);
  expect(() => parseCount("1.5", "--pids")).toThrow(/whole number/);
  expect(parseCores("0.5", "--cpus")).toBe(0.5);
  expect(() => parseCores("half", "--cpus")).toThrow(/--cpus wants a number of cores/);
});

test("quantities for people", () => {
  expect([0, 999, 1500, 61_000, 3_720_000].map(showDuration)).toEqual([
    "0 ms",
    "999 ms",
    "1.5 s",
    "1 min 1 s",
    "1 h 2 min",
  ]);
  expect([0, 512, 1536, 67_108_864].map(showBytes)).toEqual(["0 B", "512 B", "1.5 KiB", "64 MiB"]);
});
