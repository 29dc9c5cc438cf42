/** Requests that do not fit: a valid one with something wrong in its body, headers, method or path. */
import { gzipSync } from "node:zlib";
import type { Random } from "./random.ts";
import type { Draft } from "./valid.ts";
import type { WireRequest } from "./wire.ts";

/** A changed request and what was done to it. */
export interface Mutant {
  readonly name: string;
  readonly request: WireRequest;
  /** Sent in so many pieces with pauses in between. */
  readonly pieces?: number;
}

type Header = readonly [string, string];
type Mutation = (draft: Draft, random: Random) => Mutant;

/** Values that are wrong nearly everywhere, as JSON text, so that what no JavaScript value can say can be said. */
const oddities = [
  "null",
  "true",
  "[]",
  "{}",
  '""',
  "0",
  "-0",
  "-1",
  "1e308",
  "1e400",
  "-1e400",
  "1.5",
  "9007199254740993",
  "0.1e-400",
  '"\\u0000"',
  '"\\ud800"',
  '"\\udfff\\ud800"',
  '"\\u202e"',
  '"../../../etc/passwd"',
  '"%00"',
  '"A=B"',
  '"\\n\\r"',
  '{"__proto__":{"admin":true}}',
  '{"constructor":{"prototype":{"x":1}}}',
  '{"toString":1,"hasOwnProperty":null}',
  '{"$ref":"#"}',
  "[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]",
  '[1,"a",null,{}]',
  "NaN",
  "Infinity",
  "undefined",
  "'x'",
  "01",
  "0x10",
] as const;

function withHeaders(request: WireRequest, change: (headers: Header[]) => readonly Header[]): WireRequest {
  return { ...request, headers: change([...request.headers]) };
}

function without(headers: readonly Header[], name: string): readonly Header[] {
  return headers.filter(([one]) => one.toLowerCase() !== name);
}

function withBody(request: WireRequest, body: Uint8Array): WireRequest {
  return {
    ...withHeaders(request, (headers) => [
      ...without(without(headers, "content-length"), "content-type"),
      ["content-type", "application/json"],
      ["content-length", String(body.length)],
    ]),
    body,
  };
}

/** Puts an odd JSON text in place of some node of a value. */
function withOddity(value: unknown, odd: string, random: Random): string {
  if (typeof value !== "object" || value === null || random.chance(0.15)) return odd;
  if (Array.isArray(value)) {
    const at = random.below(value.length + 1);
    return `[${[...value, null].map((item, i) => (i === at ? withOddity(item, odd, random) : JSON.stringify(item))).join(",")}]`;
  }
  const entries = Object.entries(value);
  const at = random.below(entries.length + 1);
  const parts = entries.map(
    ([name, item], i) => `${JSON.stringify(name)}:${i === at ? withOddity(item, odd, random) : JSON.stringify(item)}`,
  );
  if (at === entries.length)
    parts.push(`${random.pick(['"__proto__"', '"x"', '"code"', '""', '"constructor"', '"\\u0000"'])}:${odd}`);
  return `{${parts.join(",")}}`;
}

const bodyMutations: Record<string, Mutation> = {
  "an odd value": (draft, random) => body(draft, withOddity(draft.value ?? {}, random.pick(oddities), random)),
  "a long string": (draft, random) =>
    body(
      draft,
      withOddity(draft.value ?? {}, JSON.stringify("\u{1f600}a\u0000".repeat(10 ** (1 + random.below(5)))), random),
    ),
  "a large number of things": (draft, random) =>
    body(
      draft,
      withOddity(
        draft.value ?? {},
        `[${Array(10 ** (1 + random.below(5)))
          .fill("0")
          .join(",")}]`,
        random,
      ),
    ),
  "many keys": (draft, random) =>
    body(
      draft,
      withOddity(
        draft.value ?? {},
        `{${Array.from({ length: 10 ** (1 + random.below(4)) }, (_, i) => `"k${i}":"v"`).join(",")}}`,
        random,
      ),
    ),
  "a deep value": (draft, random) => {
    const depth = random.pick([17, 100, 10_000, 500_000]);
    return body(
      draft,
      random.chance(0.5) ? "[".repeat(depth) + "]".repeat(depth) : '{"code":'.repeat(depth) + "1" + "}".repeat(depth),
    );
  },
  "a duplicate key": (draft) => body(draft, `{"code":"a","code":"b","language":"bash","c\\u006fde":"c"}`),
  "a truncated body": (draft, random) => {
    const whole = JSON.stringify(draft.value ?? {});
    return body(draft, whole.slice(0, random.below(whole.length)));
  },
  "bytes that are no UTF-8": (draft, random) => {
    const whole = Buffer.from(JSON.stringify(draft.value ?? { code: "abc" }));
    for (let i = 0; i < 3; i += 1) whole[random.below(whole.length)] = random.pick([0x80, 0xff, 0xc0, 0xed, 0xf5, 0]);
    return { name: "", request: withBody(draft.request, whole) };
  },
  "another encoding": (draft, random) => {
    const text = JSON.stringify(draft.value ?? {});
    const bytes = random.pick([
      Buffer.from(text, "utf16le"),
      Buffer.from(`\ufeff${text}`),
      Buffer.from(`${text}\n// comment`),
      Buffer.from(`${text}${text}`),
    ]);
    return { name: "", request: withBody(draft.request, bytes) };
  },
  "a compressed body": (draft, random) => {
    const packed = gzipSync(random.chance(0.3) ? Buffer.alloc(20_000_000) : JSON.stringify(draft.value ?? {}));
    const request = withBody(draft.request, packed);
    return {
      name: "",
      request: withHeaders(request, (headers) => [
        ...headers,
        ["content-encoding", random.pick(["gzip", "deflate", "br", "identity", "gzip, gzip", ""])],
      ]),
    };
  },
  "no body": (draft) => ({ name: "", request: withBody(draft.request, Buffer.alloc(0)) }),
  "random bytes": (draft, random) => ({
    name: "",
    request: withBody(draft.request, Buffer.from(Array.from({ length: random.below(300) }, () => random.below(256)))),
  }),
  "a body that is too large": (draft, random) =>
    random.chance(0.1)
      ? { name: "", request: withBody(draft.request, Buffer.alloc(21 * 1024 * 1024, 0x20)) }
      : body(draft, " ".repeat(100_000)),
  "a body in slow pieces": (draft, random) => ({ name: "", request: draft.request, pieces: 2 + random.below(5) }),
};

function body(draft: Draft, text: string): Mutant {
  return { name: "", request: withBody(draft.request, Buffer.from(text)) };
}

const headerMutations: Record<string, Mutation> = {
  "another content type": header("content-type", [
    "text/plain",
    "",
    "application/json; charset=utf-16",
    "application/json;charset=UTF-8",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "application/json, text/plain",
    "application/problem+json",
    "*/*",
    `application/${"x".repeat(5000)}`,
  ]),
  "no key, or a wrong one": header("authorization", [
    "",
    "Bearer",
    "Bearer hsr_",
    `Bearer hsr_${"A".repeat(43)}`,
    "Basic YTpi",
    `Bearer ${"x".repeat(9000)}`,
    "bearer\thsr_x",
    "Bearer hsr_\u00ff\u00fe",
    "Digest a=b",
  ]),
  "another host": header("host", [
    "evil.example",
    "",
    "127.0.0.1:99999999",
    "localhost@evil",
    "[::1",
    "127.0.0.1.evil.example",
    "a".repeat(2000),
    "0x7f.1",
  ]),
  "an origin": header("origin", ["https://evil.example", "null", "http://127.0.0.1", "file://", ""]),
  "many headers": (draft, random) => {
    const more: Header[] = Array.from({ length: random.pick([50, 150, 2000]) }, (_, i) => [`x-${i}`, "y"]);
    return { name: "", request: withHeaders(draft.request, (headers) => [...headers, ...more]) };
  },
  "a large header": header("x-large", ["y".repeat(1000), "y".repeat(15_000), "y".repeat(100_000)]),
  "an odd header": (draft, random) => {
    const odd: readonly Header[] = [
      ["idempotency-key", "a b"],
      ["idempotency-key", ""],
      ["idempotency-key", "\u00e9"],
      ["idempotency-key", "k".repeat(300)],
      ["idempotency-key", "same"],
      ["prefer", "respond-async, wait=10"],
      ["prefer", "\u00ff"],
      ["accept", "text/event-stream;q=0"],
      ["accept", "*/*,,,;;"],
      ["last-event-id", "-1.-1"],
      ["last-event-id", "9".repeat(400)],
      ["last-event-id", "999999999999999.999999999999999"],
      ["expect", "100-continue"],
      ["expect", "200-maybe"],
      ["upgrade", "websocket"],
      ["range", "bytes=0-0,5-1"],
      ["if-none-match", "*"],
      ["te", "trailers"],
      ["x-http-method-override", "DELETE"],
      ["x-forwarded-for", "127.0.0.1, ::1"],
      ["forwarded", "for=evil;host=evil"],
      ["cookie", "a=b; ".repeat(500)],
      ["x\u0001y", "z"],
      ["", "nameless"],
      ["x y", "space"],
      ["x-null", "a\u0000b"],
      ["connection", "keep-alive, host"],
      ["sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="],
      ["http2-settings", "AAMAAABkAAQAAP__"],
      ["content-range", "bytes 0-1/2"],
    ];
    const added = random.pick(odd);
    return { name: "", request: withHeaders(draft.request, (headers) => [...headers, added]) };
  },
  "a header twice": (draft, random) => ({
    name: "",
    request: withHeaders(draft.request, (headers) => [...headers, random.pick(headers)]),
  }),
  "a wrong content length": (draft, random) => ({
    name: "",
    request: withHeaders(draft.request, (headers) => [
      ...without(headers, "content-length"),
      [
        "content-length",
        random.pick(["0", "1", "-1", "1e3", "0x5", "+5", "99999999999999999999", "5, 5", "", " 5 5", "5\u00b2"]),
      ],
    ]),
  }),
};

function header(name: string, values: readonly string[]): Mutation {
  return (draft, random) => {
    const value = random.pick(values);
    const replaced = withHeaders(draft.request, (headers) => {
      const others = without(headers, name);
      return value === "" && random.chance(0.5) ? others : [...others, [name, value]];
    });
    return { name: "", request: replaced };
  };
}

const addressMutations: Record<string, Mutation> = {
  "another method": (draft, random) => ({
    name: "",
    request: {
      ...draft.request,
      method: random.pick([
        "GET",
        "HEAD",
        "PUT",
        "PATCH",
        "DELETE",
        "OPTIONS",
        "TRACE",
        "PROPFIND",
        "FOO",
        "get",
        "QUERY",
        "M-SEARCH",
        "SOURCE",
        "PURGE",
        "LINK",
      ]),
    },
  }),
  "another path": (draft, random) => {
    const path = draft.request.target;
    const target = random.pick([
      `${path}/`,
      `/${path}`,
      `${path}//`,
      path.toUpperCase(),
      `/v1/../${path}`,
      `${path}/../../health`,
      path.replace("/v1", "/v1/%2e%2e/v1"),
      `${path}%00`,
      `${path}%`,
      `${path}%zz`,
      `${path}%c0%ae`,
      `${path}?`,
      `${path}?a[b]=c&a[b]=d`,
      `${path}?__proto__=x&constructor=y`,
      `${path}?limit=1&limit=2`,
      `${path}?cursor=${"%ff".repeat(80)}`,
      `${path}#x`,
      `${path};a=b`,
      `http://evil.example${path}`,
      `//evil.example${path}`,
      "*",
      `/${"a/".repeat(900)}`,
      `/${"b".repeat(9000)}`,
      "/v1/runs/run-..%2f..%2fetc",
      "/v1/runs/__proto__",
      "/v1/keys/constructor",
      "/v1/runs?limit=0",
      "/v1/runs?limit=201",
      "/v1/runs?label==",
      "/v1/runs?label=a%3Db&label=c",
      "/v1/runs?state=held&state=x",
      "/v1/runs?cursor=AAAA",
      `${path}?${"q&".repeat(1000)}`,
      "/v1/runs?wait_ms=-1",
      "/\u00e9",
      "/v1/runs/%F0%9F%98%80",
      "/v1/runs/../../../../etc/passwd",
      "\\v1\\runs",
      "/.git/config",
      "/docs/../main.ts",
      "/docs/x",
    ]);
    return { name: "", request: { ...draft.request, target } };
  },
};

/** Every mutation by its name. Those of bodies are applied to requests that take one, and now and then to others. */
export function mutate(draft: Draft, random: Random): Mutant {
  const pool: readonly (readonly [string, Mutation])[] =
    draft.value !== undefined || random.chance(0.15)
      ? [
          ...Object.entries(bodyMutations),
          ...Object.entries(bodyMutations),
          ...Object.entries(headerMutations),
          ...Object.entries(addressMutations),
        ]
      : [...Object.entries(headerMutations), ...Object.entries(addressMutations), ...Object.entries(addressMutations)];
  const [name, mutation] = random.pick(pool);
  return { ...mutation(draft, random), name };
}
