type Variables = Readonly<Record<string, string | number | boolean | null>>;

interface Reply<T> {
  readonly data?: T;
  readonly errors?: readonly { message: string; path?: readonly string[] }[];
}

export class GraphqlFailure extends Error {
  override readonly name = "GraphqlFailure";
}

export async function query<T>(text: string, variables: Variables = {}): Promise<T> {
  const response = await fetch(process.env["GRAPHQL_URL"] ?? "http://localhost:4000/graphql", {
    method: "POST",
    headers: {
      "content-type": "application/json",
      ...(process.env["GRAPHQL_TOKEN"] ? { authorization: `Bearer ${process.env["GRAPHQL_TOKEN"]}` } : {}),
    },
    body: JSON.stringify({ query: text, variables }),
    signal: AbortSignal.timeout(10_000),
  });
  const { data, errors } = (await response.json()) as Reply<T>;
  if (errors?.length) throw new GraphqlFailure(errors.map((one) => one.message).join("; "));
  if (data === undefined) throw new GraphqlFailure(`no data, status ${response.status}`);
  return data;
}
