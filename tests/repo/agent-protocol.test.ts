/** The protocol of the agent is written three times: in C, in TypeScript and in prose. They say the same. */

import { wire } from "@hsr/runtimes/agent/testing";
import { expect, test } from "vitest";
import { read } from "./tree.ts";

const header = read("native/agent/protocol.h");
const page = read("docs/agent-protocol.md");

/** Every `#define HSR_<prefix><NAME> <number>` of the header. */
function defines(prefix: string): Record<string, number> {
  const found = [...header.matchAll(new RegExp(`^#define HSR_${prefix}(\\w+)\\s+(0x[0-9a-f]+|\\d+)u?(?:\\s|$)`, "gm"))];
  return Object.fromEntries(found.map(([, name = "", value]) => [name, Number(value)]));
}

/** A C string of the header as bytes, with its \x escapes. */
function magic(name: string): Buffer {
  const text = new RegExp(`#define ${name} "([^"]+)"`).exec(header)?.[1] ?? "";
  return Buffer.from(
    text.replace(/\\x([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
}

/** The rows of the tables of messages: name and number. */
const rows = Object.fromEntries(
  [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)].map(([, name = "", type]) => [name, Number(type)]),
);

const camel = (name: string): string =>
  name.toLowerCase().replace(/_(\w)/g, (_, letter: string) => letter.toUpperCase());

test("messages have the same names and numbers in C, in TypeScript and in the document", () => {
  const messages = { ...wire.ask, ...wire.tell };
  expect(defines("MSG_")).toEqual(messages);
  expect(rows).toEqual(messages);
});

test("magics, version and bounds are the same", () => {
  expect(magic("HSR_OPEN_MAGIC")).toEqual(wire.openMagic);
  expect(magic("HSR_ECHO_MAGIC")).toEqual(wire.echoMagic);
  for (const [name, bytes] of [
    ["OPEN", wire.openMagic],
    ["ECHO", wire.echoMagic],
  ] as const) {
    const written = new RegExp(`^ +${name} +16 bytes magic (\\w\\w) "([A-Z-]+)" ((?:\\w\\w ?)+)`, "m").exec(page);
    const hex = `${written?.[1]}${Buffer.from(written?.[2] ?? "").toString("hex")}${written?.[3]?.replaceAll(" ", "")}`;
    expect(hex.toLowerCase()).toBe(bytes.toString("hex"));
  }
  expect(defines("PROTOCOL_")["VERSION"]).toBe(wire.protocolVersion);
  const all = Object.entries(defines("")).map(([name, value]) => [camel(name), value] as const);
  const named = new Map<string, number>(all);
  for (const [name, value] of Object.entries(wire.bounds)) expect(named.get(name), name).toBe(value);
});

test("flags, stages, codes, scopes and bits are the same", () => {
  expect(defines("FLAG_")).toEqual(wire.flag);
  expect(defines("START_")).toEqual(wire.startFlag);
  expect(defines("ERROR_")).toEqual(wire.errorCode);
  expect(defines("STATE_")).toEqual(wire.stateBit);
  expect(defines("EXIT_")).toEqual(wire.exitBit);
  expect(defines("RESUMED_")).toEqual(wire.resumedBit);
  expect(defines("HELLO_")).toEqual(wire.helloBit);
  expect(defines("MKDIR_")).toEqual(wire.mkdirFlag);
  expect(defines("REMOVE_")).toEqual(wire.removeFlag);
  const lower = (table: Record<string, number>) =>
    Object.fromEntries(Object.entries(table).map(([name, value]) => [name.toLowerCase(), value]));
  expect(lower(defines("FEATURE_"))).toEqual(wire.featureBits);
  expect(lower(defines("SCOPE_"))).toEqual(wire.signalScope);
  expect(defines("FAMILY_")).toEqual(wire.families);
  const turned = (table: Record<string, number>) =>
    Object.fromEntries(Object.entries(lower(table)).map(([name, value]) => [value, name]));
  expect(turned(defines("STAGE_"))).toEqual(wire.startStages);
  expect(turned(defines("KIND_"))).toEqual(wire.fileKinds);
  expect(turned(defines("CHANGE_"))).toEqual(wire.changeKinds);
  for (const [name, value] of Object.entries(wire.flag))
    expect(page).toContain(`| \`${name}\` | 0x${value.toString(16).padStart(2, "0")} |`);
  for (const [name, value] of Object.entries(wire.featureBits))
    expect(page).toContain(`0x${value.toString(16).padStart(2, "0")} \`${name}\``);
  for (const [value, name] of Object.entries(wire.startStages)) expect(page).toContain(`${value} ${name}`);
});

test("the gateway's messages are all handled by the agent", () => {
  const session = read("native/agent/session.c");
  for (const name of Object.keys(wire.ask)) expect(session).toContain(`{HSR_MSG_${name}, `);
});
