/** `docs/api-conventions.md`: what holds for the whole API, with the tables of limits, states, events and scopes. */
import {
  type ChoosableLimit,
  eventTypes,
  type FixedLimit,
  gatewayLimits,
  httpLimits,
  idPrefixes,
  type RunState,
  requestLimits,
  runLimits,
  runStates,
  runTransitions,
  type SandboxState,
  sandboxLimits,
  sandboxReasons,
  sandboxStates,
  sandboxTransitions,
  scopes,
  terminalCloses,
  terminalLimits,
  terminalMessageSchemas,
  terminalResizeSchema,
} from "@hsr/contract";
import { type Language, languages } from "@hsr/core";
import { table } from "./table.ts";

const intro = `# Conventions of the API

<!-- Printed from packages/contract and packages/core by scripts/generate.ts. Do not edit. -->

The addresses, their fields and their bounds stand at \`/docs\` of a running gateway, and for programs at \`/openapi.json\`: both are made from the
schemas that the gateway checks with. This page has what holds for all of them.

## Words on the wire

Keys are snake_case, and unknown keys are refused. The fields of a run's limits keep the names and units that they have always had (\`timeout\` in ms,
\`memory_limit\` in bytes, \`cpu_limit\` in cores); every other quantity has its unit in its name. Times are RFC 3339 in UTC with milliseconds.
\`/v1\` only adds.

A body is one JSON object in UTF-8, sent as \`application/json\` and uncompressed. A key that stands twice, \`__proto__\`, \`constructor\` and \`prototype\`
as keys, and nesting beyond the limit are refused.

## Keys, tenants, and who may call

\`Authorization: Bearer hsr_…\`. A key has a tenant and scopes; what belongs to another tenant does not exist. Requests whose \`Host\` is not the
gateway's (its address, loopback, \`server.allowed_hosts\`) and requests from web pages of other origins (but \`server.allowed_origins\`) are refused.
`;

const runs = `## Runs

\`POST /v1/sandboxes/run\` stores a run and answers in one of three ways:

- **Waiting** (the default): 200 with the result when the run has ended. If the client goes away first, the run is cancelled, unless \`detach\` is true.
  With \`wait_ms\` the answer comes no later than that, as 202 with \`Location\`; the run then goes on by itself.
- **At once**: with \`wait_ms: 0\` or \`Prefer: respond-async\`, 202 with \`Location\`.
- **Streamed**: with \`Accept: text/event-stream\`, the run's events as they come.

\`HSR-Run-Id\` is the first header of each. \`GET /v1/runs/{id}?wait_ms=\` waits for the end of a run and cancels nothing by going away.
With \`Idempotency-Key\` the same request gives the same run for 24 hours; the same key with another request is 409.

A run's files are written before its program starts. Paths are relative to \`/workspace\`, or absolute below \`/workspace\` or \`/tmp\`; a path with \`..\`,
\`.\`, an empty part, a backslash or a control character is refused before anything is touched.

\`stdout\` and \`stderr\` are strings where the bytes are valid UTF-8; otherwise the field is null and \`stdout_base64\` or \`stderr_base64\` has the bytes. What
is beyond \`output_limit_bytes\` is dropped and counted in \`stdout_truncated\` and \`stderr_truncated\`. \`usage\` is measured from outside of the sandbox;
\`exit_code\` and \`signal\` are what the guest's agent reports.

\`isolation_level\` and \`secure_runtime\` are demands: they are met or the run is refused, never softened. \`runtime_preference\` is a wish;
\`decision.preference_met\` says what became of it.

When the gateway is stopped or dies, runs go on; the next gateway takes them up, and no client's connection that broke because of it cancels anything.
A sandbox whose gateway and launcher died in the same instant before its start was noted may be started a second time; it has no network, so nobody
but the clock can tell.
`;

const sandboxes = `## Living sandboxes

\`POST /v1/sandboxes\` makes a sandbox and answers 201 when it runs; with \`wait_ms\` no later than that, as 202. It lives until it is deleted, until
\`ttl_ms\` is over, or until nothing ran in it and nobody called it for \`idle_timeout_ms\`. \`renew\` sets the time to live anew; one that comes too late
is refused, and one that is answered holds. Both times run on when the gateway is away: they are kept by the wall clock for that, and held by the
monotonic one. Running programs, calls, and open streams keep a sandbox awake; looking at its state does not. Those that have ended stay listed as
long as runs do.

\`POST /v1/sandboxes/{id}/exec\` starts a program in it: waiting for its result, as runs do, or in the background. In the foreground the first
\`output_limit_bytes\` of each stream are kept; in the background and of terminals the newest. Positions in a stream are counted from its first byte,
kept or not. What a program started dies with it, unless it left by a session of its own: those are orphans, which count against the limits, are
listed, and can be killed.

Each program is judged against the decision under which its sandbox was made. What cannot be seen in advance, a terminal or what is typed into a shell
or an interpreter, is judged when the sandbox is made: ask for \`allow: ["opaque"]\` there.

When the gateway is stopped or dies, sandboxes and their programs go on; the next gateway takes them up, with the output and the exits that came in
between. Nothing is started twice.
`;

const files = `## Files of living sandboxes

\`/v1/sandboxes/{id}/files\` reads (GET, with ranges), writes (PUT, the body is the file) and removes (DELETE); \`stat\`, \`list\`, \`mkdir\`, \`move\` and
\`chmod\` below it do what they say. All of it is done by the sandbox's own agent **with the rights of the guest's user**: what that user may not read
or write is refused (\`file_access_denied\`), and no path, link or race leads out of the sandbox, since nothing outside takes part. Files of \`/proc\` and
\`/sys\`, FIFOs, sockets and devices are never opened for their content.

A path is absolute, or relative to \`/workspace\`, in \`path\`: well-formed text without control characters, backslashes, empty parts, \`.\` and \`..\`, at
most 4095 bytes. Any other name that a guest can make is given by its bytes, in \`path_base64\`. Answers have \`path\` where it is text, and \`path_base64\` where
\`path\` would not be taken: send back \`path_base64\` if it is there. Permissions are octal digits in queries (\`mode=0755\`) and numbers in JSON, as in a run's files.

A file that is written appears whole, at the end, in the place of what was there; until then it lies beside it as \`.hsr-…\`, and a transfer that breaks off
removes it. Missing folders are made. The answer has the digest of what passed. A body may have as many bytes as the sandbox's disk; one that says in
Content-Length that it has more is refused before it is read. It may take as long as it needs, as long as it moves.
An answer that ends before its Content-Length was broken off: the file shrank, or the sandbox ended. Links in the middle of a path are followed; at its end they
are followed by reading, \`list\` and \`chmod\`, replaced by writing, and themselves meant by \`stat\`, \`move\` and removal.
\`/workspace\` and \`/tmp\` are two mounts, and nothing is renamed from one to the other.

\`PUT …/files/archive\` unpacks a tar archive (ustar, pax or GNU, also as gzip) into a folder, \`GET\` makes one of a folder. **Nothing is unpacked on the
host**: the gateway reads headers, and the agent writes files as the guest's user. An archive is put beside its place first (\`.hsr-…\` in the folder) and moved when
all of it has come and is good, so one that is bad or breaks off leaves nothing, wherever in it the fault lies. Then files replace files and folders are joined; only if
something of another kind stands in the way a part is in its place, and the error says so (\`details.applied\`). Taken are regular files, folders and symbolic links.
Refused (\`invalid_archive\`) are absolute paths, \`..\`, hard links, devices, FIFOs, sparse files, an entry below a link or a file, two entries of one path, sizes or
names said in two ways, whatever follows the end, and more entries, depth, growth or bytes than the limits below. Modes lose their set-id bits in both directions; owners and times
are not kept on the way in. A symbolic link may lead anywhere: it is the guest's own, as if it had made it, and on the way out whoever unpacks an archive of a
guest has to heed it.
`;

const streams = `## Streams

\`GET /v1/runs/{id}/events\` and the streamed run are server-sent events: \`id\`, \`event\` and \`data\`, where \`data\` is the envelope
\`{id, seq, time, type, tenant, subject, request_id, data}\`. \`seq\` grows. A reader that comes back with \`Last-Event-ID\` misses nothing and sees nothing
twice, live or afterwards, at this gateway or the next. \`run.finished\` is the last event, once. A comment comes every 15 s. Output is in \`text\`, or in
\`base64\` where it is not UTF-8; no code point is split between two texts. Output is kept for each of the two streams in order; between the two the
order is that of arrival while a run lives, and stdout before stderr when it is read again.

Executions in living sandboxes are streamed the same way, by \`exec\` with \`Accept: text/event-stream\` and by
\`GET …/executions/{execution}/logs?follow=true\`: \`execution.started\`, \`execution.output\`, and \`execution.finished\` as the last event, once. Offsets are
places in all that the program wrote; where one is more than the end of the piece before, what lies between was dropped. A reader who is slow costs
no memory and holds nobody up: what is dropped meanwhile for newer output, he does not see.

## Output and input of executions

\`GET …/executions/{execution}/logs?stream=&offset=\` answers with bytes, as they were written: what is kept from \`offset\` on, up to the first gap. A
negative offset counts from the end of what was written so far. Its headers say where it stands:

| Header | Meaning |
|---|---|
| \`HSR-Offset\` | where the first byte of the answer stands; more than was asked for where bytes were dropped |
| \`HSR-Next-Offset\` | where to go on |
| \`HSR-Stream-Bytes\` | how much was written so far, kept or not |
| \`HSR-Execution-State\` | where the execution stood: after \`finished\` nothing is added |

\`POST …/stdin\` writes to a program that was started with \`open_stdin\` or a terminal, and answers when the sandbox has taken all of it; what a program does
not read lets the answer wait. Whether the sandbox allows it is asked for each request, and noted in the audit log once for each key. \`POST …/signal\`
reaches the program and what it started (\`group\`), the program alone (\`process\`), or its job-control groups too (\`session\`). \`POST …/cancel\` kills it and
answers when it has ended, with the reason \`cancelled\`.
`;

const events = `## Events and webhooks

\`GET /v1/events\` tells what happens to the tenant's sandboxes, executions and runs, as server-sent events in one order, from now on or after
\`Last-Event-ID\`; at the next gateway too. Each is written together with what it tells of, so none is missing; short programs in the foreground have
no \`execution.started\`. Where a reader comes back too late, \`events.missed\` is the first that it gets.

\`POST /v1/webhooks\` has the same events posted to an address whose host the operator allows (\`webhooks.allowed_hosts\`, empty by default). Deliveries
are signed as the Standard Webhooks specification says: \`webhook-id\`, \`webhook-timestamp\`, and \`webhook-signature: v1,…\`, the base64 of
HMAC-SHA-256 over \`id.timestamp.body\` with the secret's bytes. They come in order and at least once, the same id each time; an answer other than 2xx,
or none within 10 s, is tried again after a second, two, four, up to an hour, and after 12 tries the event is given up and counted. Redirects
are not followed.

With \`heartbeat.url\` the gateway posts there that it lives, with its sandboxes and how many programs run in each.
\`GET /v1/sandboxes/{id}/metrics\` has a sandbox's figures, now or as a stream.
`;

const ports = `## Ports

What a program in a sandbox serves on a port of its loopback is reached through a listener of its own (\`ports.listen\`, 3001 by default), under an
origin of its own, \`http://{port}-{sandbox}.localhost:3001\`, with HTTP and WebSockets. \`POST /v1/sandboxes/{id}/ports\` gives the address and a
signed token for this port of this sandbox, which ends by itself, and with the sandbox. Programs send it as the header \`hsr-port-token\`; a browser
follows \`url\` once, and keeps it as a cookie of that origin, which pages of other origins cannot use.

The guest never sees the token, a key of the API, or a cookie of another place: its own cookies are kept as \`hsrg-…\` and given back under their names,
and only those. Cookies that it sets are for its origin alone. The API is not served there, nor ports at the API's address.
`;

const terminals = `
## Terminals

\`GET …/executions/{execution}/terminal\`, asked for as a WebSocket, attaches to an execution that was started with \`terminal\`. Binary frames are the
terminal's bytes, in both directions; text frames are messages. The program goes on when nobody is attached, and its newest output is kept. Counting the
bytes from \`attached.offset\` on (and from \`dropped.offset\`), one knows the \`offset\` with which to attach again, at this gateway or the next.

Several may be attached, and one of them writes: \`mode=write\` needs the scope \`sandboxes\` and is refused with \`seat_taken\` while another has the seat, unless
\`take=true\` takes it from him; he is told. \`mode=view\` needs the scope \`read\`; what a viewer sends goes nowhere. Whether somebody may write is judged when he
attaches and every 15 s, with his key. The key comes in \`Authorization\` or, from browsers, as the subprotocol \`bearer.<key>\` beside \`hsr\`, never in
the address. \`Host\` and \`Origin\` are checked as everywhere.

Who takes less than the program writes is sent what there is when he has taken it, after \`dropped\`; nothing is kept for him. Who does not answer a ping
before the next is due is disconnected. Frames that are too many make the connection slower, those that are too large end it.
`;

const mounts = `## Folders and volumes

\`mounts\` of a run or a sandbox names folders that the operator offers (\`GET /v1/folders\`) and volumes of the tenant (\`POST /v1/volumes\`), never a path of
the host. Folders are read-only unless the operator's list and the request say otherwise. A volume outlives sandboxes, has bounds that the kernel
holds, and one writer or many readers at a time. What both need of the host stands in [mounts.md](mounts.md).
`;

/** The whole page. */
export function conventionsPage(): string {
  const states = (Object.keys(runStates) as RunState[]).map((name) => [
    `\`${name}\``,
    runStates[name],
    runTransitions[name].map((next) => `\`${next}\``).join(", "),
  ]);
  return [
    intro,
    section("Scopes", ["Scope", "Allows"], entries(scopes)),
    `A key that was revoked or ran out is refused at once; what is still being answered to it, streams above all, is cut off within
five seconds, and its terminals within fifteen.`,
    "\n## Ids\n",
    "A prefix, a dash, and 26 lower-case base32 characters of 128 random bits. They are valid as parts of host names.\n",
    `${table(["Names", "Prefix"], entries(idPrefixes))}\n`,
    runs,
    section(
      "Languages",
      ["Language", "Its code is", "and runs as"],
      Object.entries<Language>(languages).map(([name, row]) => [
        `\`${name}\``,
        `\`${row.mainFile}\``,
        `\`${row.argv.join(" ")}\``,
      ]),
    ),
    "\n## States of a run\n",
    `${table(["State", "Meaning", "May become"], states)}\n`,
    sandboxes,
    "\n## States of a sandbox\n",
    `${table(["State", "Meaning", "May become"], sandboxStateRows())}\n`,
    section("Why a sandbox ended", ["Reason", "Meaning"], entries(sandboxReasons)),
    files,
    streams,
    mounts,
    ports,
    events,
    terminals,
    `\n${table(["Text frame", "Sent by", "Fields", "Meaning"], terminalFrames())}\n`,
    section("Why a terminal's connection is closed", ["Code", "Meaning"], entries(terminalCloses)),
    section("Types of events", ["Type", "Meaning"], entries(eventTypes)),
    `
## Lists

\`{items, next_cursor}\`, newest first. \`limit\` is the number of items, \`cursor\` the \`next_cursor\` of the page before; it is opaque, and stays good while
things come and go.

## Errors

One form and one table: [errors.md](errors.md).

## Limits

What a request may choose; an operator's configuration may set lower maxima and other defaults.
`,
    `${table(
      ["Field", "Unit", "Default", "From", "To", "Why"],
      Object.entries<ChoosableLimit>({ ...runLimits, ...sandboxLimits }).map(([name, row]) => [
        `\`${name}\``,
        row.unit,
        String(row.default),
        String(row.min),
        String(row.max),
        row.why,
      ]),
    )}\n`,
    "Bounds of one request:\n",
    `${fixed(requestLimits)}\n`,
    "Bounds of the HTTP door:\n",
    `${fixed(httpLimits)}\n`,
    "Bounds of a terminal's connection:\n",
    `${fixed(terminalLimits)}\n`,
    "Bounds inside the gateway; those that an operator may change stand in [configuration.md](configuration.md):\n",
    `${fixed(gatewayLimits)}\n`,
  ].join("\n");
}

function sandboxStateRows(): readonly (readonly string[])[] {
  return (Object.keys(sandboxStates) as SandboxState[]).map((name) => [
    `\`${name}\``,
    sandboxStates[name],
    sandboxTransitions[name].map((next) => `\`${next}\``).join(", "),
  ]);
}

function terminalFrames(): readonly (readonly string[])[] {
  const row = (schema: { readonly properties: object; readonly description?: string }, by: string) => {
    const [type, ...fields] = Object.entries(schema.properties as Record<string, { readonly const?: string }>);
    const names = fields.map(([name]) => `\`${name}\``).join(", ");
    return [`\`${type?.[1].const ?? ""}\``, by, names, schema.description ?? ""];
  };
  return [
    ...Object.values(terminalMessageSchemas).map((schema) => row(schema, "gateway")),
    row(terminalResizeSchema, "writer"),
  ];
}

function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  return `\n## ${title}\n\n${table(head, rows)}\n`;
}

function entries(rows: Readonly<Record<string, string>>): readonly (readonly string[])[] {
  return Object.entries(rows).map(([name, meaning]) => [`\`${name}\``, meaning]);
}

function fixed(rows: Readonly<Record<string, FixedLimit>>): string {
  return table(
    ["Bound", "Value", "Unit", "Why"],
    Object.entries(rows).map(([name, row]) => [`\`${name}\``, String(row.value), row.unit, row.why]),
  );
}
