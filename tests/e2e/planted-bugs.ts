/**
 * Loaded into a gateway before its main program, by the control of the bad-input test only: bugs of the kinds that the
 * test is there to find.
 */
import { openSync } from "node:fs";
import { Pipeline } from "@hsr/core";

const planted = process.env["HSR_TEST_PLANTED"];
const submit = Pipeline.prototype.submit;
Pipeline.prototype.submit = function (action) {
  const isUnlucky = action.input.program.kind === "argv" && action.input.program.argv.length > 1;
  if (planted === "error" && isUnlucky) throw new TypeError("planted");
  if (planted === "hang" && isUnlucky) return new Promise(() => {});
  if (planted === "descriptors") openSync("/dev/null", "r");
  return submit.call(this, action);
};
