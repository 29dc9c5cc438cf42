/**
 * Loaded into a gateway before its own code (`node --import`), for the decision bench only: the pipeline gets `consider` and `decide`
 * from decision-line.ts. The product itself has no switch that could leave them out.
 */
import { registerHooks } from "node:module";

const instead = new Set(["./consider.ts", "./decide/decide.ts"]);
const line = new URL("./decision-line.ts", import.meta.url).href;

registerHooks({
  resolve: (specifier, context, next) =>
    instead.has(specifier) && context.parentURL?.endsWith("/core/src/pipeline.ts") === true
      ? { url: line, format: "module-typescript", shortCircuit: true }
      : next(specifier, context),
});
