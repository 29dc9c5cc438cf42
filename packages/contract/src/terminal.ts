import Type from "typebox";
import { idPattern } from "./ids.ts";
import { nullable } from "./nullable.ts";
import { type ExecutionState, executionStates, type RunReason, runReasons } from "./states.ts";

/** The subprotocol of terminals. A browser, which can send no header, offers `bearer.<key>` beside it. */
export const terminalProtocol = "hsr";

const offset = (description: string) => Type.Integer({ minimum: 0, description });

/** What one who is attached to a terminal is told, as text frames. Binary frames are the terminal's bytes. */
export const terminalMessageSchemas = {
  attached: Type.Object(
    {
      type: Type.Literal("attached", { description: "The first frame." }),
      execution_id: Type.String({ pattern: idPattern("execution"), description: "Whose terminal it is." }),
      mode: Type.Enum(["write", "view"] as const, { description: "Whether what is sent reaches the program." }),
      offset: offset("Where the first byte that follows stands among all that the program wrote."),
      state: Type.Enum(Object.keys(executionStates) as ExecutionState[], {
        description: "Where the execution stands.",
      }),
    },
    { title: "TerminalAttached", additionalProperties: false, description: "One is attached." },
  ),
  dropped: Type.Object(
    {
      type: Type.Literal("dropped", { description: "Bytes are missing." }),
      offset: offset("Where the next byte stands; those between are not kept any more."),
    },
    { title: "TerminalDropped", additionalProperties: false, description: "Newer output took the place of older." },
  ),
  seat: Type.Object(
    {
      type: Type.Literal("seat", { description: "The writer's seat was taken." }),
      mode: Type.Literal("view", { description: "From now on." }),
    },
    { title: "TerminalSeat", additionalProperties: false, description: "Somebody else writes from now on." },
  ),
  exit: Type.Object(
    {
      type: Type.Literal("exit", { description: "The last frame before the close." }),
      offset: offset("How much the program wrote in all."),
      reason: Type.Enum(Object.keys(runReasons) as RunReason[], { description: "Why it ended." }),
      exit_code: nullable(Type.Integer({ minimum: 0, maximum: 255 }), "The program's exit status, if it exited."),
      signal: nullable(Type.String({ maxLength: 16 }), "The signal that ended it, if one did."),
    },
    { title: "TerminalExit", additionalProperties: false, description: "The program has ended." },
  ),
} as const;
export type TerminalMessage = {
  [Kind in keyof typeof terminalMessageSchemas]: Type.Static<(typeof terminalMessageSchemas)[Kind]>;
}[keyof typeof terminalMessageSchemas];

const cells = { minimum: 1, maximum: 1000 } as const;
/** What the writer may say, as text frames. */
export const terminalResizeSchema = Type.Object(
  {
    type: Type.Literal("resize", { description: "The window has another size." }),
    rows: Type.Integer({ ...cells, description: "Lines." }),
    cols: Type.Integer({ ...cells, description: "Columns." }),
  },
  { title: "TerminalResize", additionalProperties: false, description: "The terminal's size is to be this." },
);
export type TerminalResize = Type.Static<typeof terminalResizeSchema>;

/** Why the gateway closes a terminal's connection, by the code of the close frame. */
export const terminalCloses = {
  1000: "The program has ended; `exit` came before.",
  1001: "The gateway is going away. The program goes on: attach again with `offset`.",
  1008: "What was sent is not allowed here, or the key is not valid any more. The reason is an error's code.",
  1009: "A frame was larger than a terminal takes.",
  1011: "Something failed in the gateway.",
  1013: "The sandbox could not be reached, or did not take what was typed. Attach again.",
} as const;
export type TerminalClose = keyof typeof terminalCloses;
