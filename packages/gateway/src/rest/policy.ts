/** The policy over REST: what is in force, changing it, its versions. Trying one out stands in `policy-trials.ts`. */
import {
  changePolicyRequestSchema,
  HsrError,
  type PolicyBody,
  type PolicyVersionBody,
  policySchema,
  policyVersionListSchema,
  policyVersionTextSchema,
} from "@hsr/contract";
import type { PolicyVersion, Store } from "@hsr/core";
import type { FastifyReply, FastifyRequest } from "fastify";
import Type from "typebox";
import type { ActivePolicy, PolicyAuthor } from "../policy/active.ts";
import { wireTime } from "../wire.ts";
import { pageFrom, pageOf, pageQuery } from "./page.ts";
import { type Caller, type Route, route } from "./route.ts";

export interface PolicyPorts {
  readonly policy: ActivePolicy;
  readonly store: Store;
}

const versionParams = Type.Object(
  { version: Type.String({ pattern: "^[1-9]\\d{0,14}$", description: "The version's number." }) },
  { additionalProperties: false },
);

const etagHeader = { ETag: "Names the policy for If-Match." };
const ifMatch = { "If-Match": "The ETag of the policy that is to be replaced. Required." };

export function policyRoutes({ policy, store }: PolicyPorts): readonly Route[] {
  /** What is in force, with its ETag. */
  function body(reply: FastifyReply): PolicyBody {
    reply.header("etag", `"${policy.rules.digest}"`);
    const { name, refused } = policy.file;
    const { version } = policy;
    return {
      ...wireVersion(version),
      policy: version.text,
      file: {
        name,
        in_force: version.source === "file",
        refused: refused === null ? null : { at: wireTime(refused.atMs), problems: [...refused.problems] },
      },
    };
  }

  const get = route(
    {
      method: "GET",
      path: "/v1/policy",
      operationId: "getPolicy",
      summary: "Get the policy in force",
      description:
        "The policy that decides now, where it came from and since when. Of file and API only one is in force; a change of the file that could not be taken is shown with its mistakes.",
      access: "policy:read",
      answers: { 200: { description: "The policy in force.", schema: policySchema, headers: etagHeader } },
      errors: [],
    },
    async ({ reply }) => body(reply),
  );

  const put = route(
    {
      method: "PUT",
      path: "/v1/policy",
      operationId: "changePolicy",
      summary: "Bring another policy into force",
      description:
        "Replaces the policy by a text, or by a version of before. From the answer on every request is decided by it, and the file of the configuration is not read until DELETE returns to it.",
      access: "policy:write",
      headers: ifMatch,
      body: changePolicyRequestSchema,
      answers: { 200: { description: "It is in force.", schema: policySchema, headers: etagHeader } },
      errors: ["precondition_required", "policy_changed", "policy_invalid", "not_found"],
    },
    async ({ body: change, caller, requestId, request, reply }) => {
      const author = authorOf(caller, requestId, request);
      if ((change.policy === undefined) === (change.version === undefined))
        throw new HsrError("invalid_request", { message: "Send either `policy` or `version`." });
      if (change.policy !== undefined) await policy.put(change.policy, author);
      else if (change.version !== undefined) await policy.rollBack(change.version, author);
      return body(reply);
    },
  );

  const remove = route(
    {
      method: "DELETE",
      path: "/v1/policy",
      operationId: "returnToPolicyFile",
      summary: "Return to the policy of the file",
      description:
        "Ends the policy that came over the API; the file of the configuration is in force again. Where it is already, nothing changes.",
      access: "policy:write",
      headers: ifMatch,
      answers: { 200: { description: "The file's policy is in force.", schema: policySchema, headers: etagHeader } },
      errors: ["precondition_required", "policy_changed", "policy_invalid"],
    },
    async ({ caller, requestId, request, reply }) => {
      await policy.useFile(authorOf(caller, requestId, request));
      return body(reply);
    },
  );

  const versions = route(
    {
      method: "GET",
      path: "/v1/policy/versions",
      operationId: "listPolicyVersions",
      summary: "List policies that are or were in force",
      description: "Every policy that came into force, newest first: the first of them is in force.",
      access: "policy:read",
      query: pageQuery,
      answers: { 200: { description: "A page of versions.", schema: policyVersionListSchema } },
      errors: [],
    },
    async ({ query }) => {
      const { limit, cursor } = pageOf(query);
      const { items, nextCursor } = pageFrom(await store.policies.versions(limit, cursor));
      return { items: items.map(wireVersion), next_cursor: nextCursor };
    },
  );

  const version = route(
    {
      method: "GET",
      path: "/v1/policy/versions/{version}",
      operationId: "getPolicyVersion",
      summary: "Get a policy that is or was in force",
      description: "One version with its text.",
      access: "policy:read",
      params: versionParams,
      answers: { 200: { description: "The version.", schema: policyVersionTextSchema } },
      errors: ["not_found"],
    },
    async ({ params }) => {
      const found = await store.policies.version(Number(params.version));
      if (found === null) throw new HsrError("not_found");
      return { ...wireVersion(found), policy: found.text };
    },
  );

  return [get, put, remove, versions, version];
}

function wireVersion({ version, digest, source, atMs, keyId }: PolicyVersion): PolicyVersionBody {
  return { version, digest, source, since: wireTime(atMs), by: keyId };
}

/** Who changes what: without the ETag of what is replaced two writers would undo each other unseen. */
function authorOf(caller: Caller, requestId: string, request: FastifyRequest): PolicyAuthor {
  const expected = request.headers["if-match"];
  if (expected === undefined) throw new HsrError("precondition_required", { field: "If-Match" });
  return { keyId: caller.keyId, tenant: caller.tenant, requestId, expected: expected.replace(/^"(.*)"$/, "$1") };
}
