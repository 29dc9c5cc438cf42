import { expect, test } from "vitest";
import { isolationLevels, levelRank } from "./types.ts";

test("the levels are ordered from weak to strong", () => {
  expect(isolationLevels.map(levelRank)).toEqual([0, 1, 2, 3]);
});
