/**
 * The conformance suite: `core/src/ports.ts`, executable. A runtime passes it by calling `conformance` in a test file of its
 * own; what it cannot do is a visible skip with its reason. The part on isolation is apart, for runtimes that have walls.
 */

export { conformance } from "./conformance.ts";
export { isolation } from "./isolation.ts";
export { type SuiteSubject, suiteSpec } from "./subject.ts";
