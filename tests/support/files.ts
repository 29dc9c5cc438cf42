/** A living sandbox and its files, as a client has them. */
import type { ErrorBody, Execution, FileInfo, FileList, Sandbox, SandboxRequest, WrittenFileBody } from "@hsr/contract";
import type { RunningGateway } from "./gateway.ts";

export interface FileAnswer<Body> {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Body & ErrorBody;
}

export interface SandboxInTest {
  readonly id: string;
  /** An address of its files: what follows `/files`, with the query. */
  at(rest: string, query?: Readonly<Record<string, string>>): string;
  fetch(rest: string, query?: Readonly<Record<string, string>>, init?: RequestInit): Promise<Response>;
  write(
    path: string,
    content: string | Uint8Array,
    query?: Readonly<Record<string, string>>,
  ): Promise<FileAnswer<WrittenFileBody>>;
  read(path: string): Promise<Buffer>;
  json<Body = FileInfo & FileList>(
    method: string,
    rest: string,
    query?: Readonly<Record<string, string>>,
    body?: unknown,
  ): Promise<FileAnswer<Body>>;
  /** Runs a line of shell in it; what it wrote to stdout. */
  sh(line: string): Promise<string>;
  remove(): Promise<void>;
}

export async function makeSandbox(gateway: RunningGateway, request: SandboxRequest = {}): Promise<SandboxInTest> {
  const made = await gateway.call<Sandbox & ErrorBody>("POST", "/v1/sandboxes", request);
  if (made.status !== 201) throw new Error(`no sandbox: ${JSON.stringify(made.body)}`);
  const { id } = made.body;
  const key = gateway.key;
  const sandbox: SandboxInTest = {
    id,
    at: (rest, query = {}) => {
      const text = new URLSearchParams(query).toString();
      return `${gateway.url}/v1/sandboxes/${id}/files${rest}${text === "" ? "" : `?${text}`}`;
    },
    fetch: (rest, query, init = {}) =>
      fetch(sandbox.at(rest, query), {
        ...init,
        headers: { authorization: `Bearer ${key}`, ...(init.headers as Record<string, string> | undefined) },
      }),
    write: async (path, content, query = {}) => {
      const response = await sandbox.fetch(
        "",
        { path, ...query },
        { method: "PUT", body: content as Uint8Array<ArrayBuffer> },
      );
      return { status: response.status, headers: response.headers, body: (await response.json()) as never };
    },
    read: async (path) => {
      const response = await sandbox.fetch("", { path });
      if (response.status !== 200) throw new Error(await response.text());
      return Buffer.from(await response.arrayBuffer());
    },
    json: async (method, rest, query, body) => {
      const response = await sandbox.fetch(rest, query, {
        method,
        ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
      });
      const text = await response.text();
      return {
        status: response.status,
        headers: response.headers,
        body: (text === "" ? {} : JSON.parse(text)) as never,
      };
    },
    sh: async (line) => {
      const ran = await gateway.call<Execution & ErrorBody>("POST", `/v1/sandboxes/${id}/exec`, {
        argv: ["sh", "-c", line],
      });
      if (ran.body.exit_code !== 0) throw new Error(`${line}: ${JSON.stringify(ran.body)}`);
      return ran.body.stdout ?? "";
    },
    remove: async () => {
      await gateway.call("DELETE", `/v1/sandboxes/${id}`);
    },
  };
  return sandbox;
}
