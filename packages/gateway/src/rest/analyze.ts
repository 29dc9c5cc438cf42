/** What is found in code, without running it. */
import { analyzedRiskSchema, runRequestSchema } from "@hsr/contract";
import { analyzeInput, type Pipeline } from "@hsr/core";
import { runAction } from "../actions.ts";
import { wireRisk } from "../wire.ts";
import { type Route, route } from "./route.ts";

export interface AnalyzePorts {
  readonly pipeline: Pipeline;
}

export function analyzeRoutes({ pipeline }: AnalyzePorts): readonly Route[] {
  return [
    route(
      {
        method: "POST",
        path: "/v1/analyze",
        operationId: "analyze",
        summary: "Say what is found in code",
        description:
          "Reads a request as a run would and gives its risk: score, capabilities, and findings with their lines. Nothing is run, decided or stored.",
        access: "run",
        body: runRequestSchema,
        answers: { 200: { description: "What was found.", schema: analyzedRiskSchema } },
        errors: ["invalid_path", "unsupported", "queue_full"],
      },
      async ({ body, caller, requestId }) =>
        wireRisk(
          await pipeline.ports.analyze(
            analyzeInput(runAction(body, { caller, requestId, idempotencyKey: null })),
            caller.tenant,
          ),
        ),
    ),
  ];
}
