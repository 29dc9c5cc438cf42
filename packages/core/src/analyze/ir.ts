/**
 * The common form of Python, JavaScript and TypeScript: what a program evaluates, calls, assigns and defines. What does not
 * matter for what code can reach (types, comparisons, loops' exact ends) is not in it. Bash has no expressions; see `shell/`.
 */

/** A stretch of the text that it came from. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Argument {
  /** The keyword, or `null` for a place in the order. */
  readonly name: string | null;
  readonly value: Expr;
  /** `*list` or `**dict`. */
  readonly spread: "list" | "dict" | null;
}

export interface Param {
  readonly target: Expr;
  readonly fallback: Expr | null;
  readonly rest: "list" | "dict" | null;
}

export interface FunctionForm extends Span {
  readonly name: string | null;
  readonly params: readonly Param[];
  readonly body: readonly Stmt[];
  /** Whether `this` or `self` comes first among the parameters (Python) or by itself (JavaScript). */
  readonly self: "param" | "this" | "outer";
  /** Whether reading the member calls it. */
  readonly isGetter?: boolean;
}

export interface ClassForm extends Span {
  readonly name: string | null;
  readonly bases: readonly Expr[];
  readonly body: readonly Stmt[];
  /** What is given to the class it stands on, and `metaclass`. */
  readonly named?: readonly Argument[];
}

export type Expr = Span &
  (
    | {
        readonly op: "const";
        readonly value: string | number | bigint | boolean | null;
        readonly bytes?: boolean;
      }
    | { readonly op: "name"; readonly name: string }
    | { readonly op: "attr"; readonly of: Expr; readonly name: string }
    | { readonly op: "item"; readonly of: Expr; readonly key: Expr }
    | { readonly op: "slice"; readonly of: Expr; readonly parts: readonly (Expr | null)[] }
    | { readonly op: "call"; readonly fn: Expr; readonly args: readonly Argument[]; readonly isNew: boolean }
    | { readonly op: "binary"; readonly sign: string; readonly left: Expr; readonly right: Expr }
    | { readonly op: "unary"; readonly sign: string; readonly of: Expr }
    | { readonly op: "either"; readonly of: readonly Expr[] }
    /** One of two, as a test says. */
    | { readonly op: "choose"; readonly test: Expr; readonly first: Expr; readonly other: Expr }
    /** The first that counts as true (`or`) or as false (`and`), or else the last. */
    | { readonly op: "first"; readonly sign: "and" | "or"; readonly left: Expr; readonly right: Expr }
    /** What was thrown last. */
    | { readonly op: "caught" }
    /** What a `with` gives its name to. */
    | { readonly op: "enter"; readonly of: Expr }
    | { readonly op: "list"; readonly items: readonly Expr[] }
    | { readonly op: "dict"; readonly entries: readonly { readonly key: Expr; readonly value: Expr }[] }
    | { readonly op: "text"; readonly parts: readonly Expr[] }
    | { readonly op: "function"; readonly form: FunctionForm }
    | { readonly op: "class"; readonly form: ClassForm }
    | {
        readonly op: "each";
        readonly target: Expr;
        readonly over: Expr;
        readonly when: readonly Expr[];
        readonly give: Expr;
        /** Whether pairs of keys and values are given. */
        readonly pairs?: boolean;
      }
    | { readonly op: "assign"; readonly target: Expr; readonly value: Expr }
    | { readonly op: "import"; readonly name: Expr }
    | { readonly op: "spread"; readonly of: Expr }
    /** The value of `of`, after the others were evaluated. */
    | { readonly op: "after"; readonly first: readonly Expr[]; readonly of: Expr }
    /** Evaluated for what it does; its value is not known, and comes from all of these. */
    | { readonly op: "mix"; readonly of: readonly Expr[] }
  );

export type Stmt = Span &
  (
    | { readonly do: "expr"; readonly value: Expr }
    | {
        readonly do: "assign";
        readonly target: Expr;
        readonly value: Expr;
        /** The sign of `+=` and its like. */
        readonly sign: string | null;
        /** Whether the name begins here (`const`, `let`). */
        readonly declares?: boolean;
      }
    /** An import: the name stands for something with a known full name. */
    | { readonly do: "bind"; readonly name: string; readonly to: string }
    | { readonly do: "bind-all"; readonly module: string }
    | { readonly do: "function"; readonly form: FunctionForm; readonly decorators: readonly Expr[] }
    | { readonly do: "class"; readonly form: ClassForm; readonly decorators: readonly Expr[] }
    | { readonly do: "branches"; readonly tests: readonly Expr[]; readonly arms: readonly (readonly Stmt[])[] }
    | { readonly do: "for"; readonly target: Expr; readonly over: Expr; readonly body: readonly Stmt[] }
    | {
        readonly do: "while";
        readonly test: Expr | null;
        readonly body: readonly Stmt[];
        readonly step: readonly Stmt[];
      }
    | { readonly do: "block"; readonly body: readonly Stmt[] }
    | { readonly do: "return"; readonly value: Expr | null }
    | { readonly do: "yield"; readonly value: Expr }
    /** Ends a loop, or (`round`) only a round of it. */
    | { readonly do: "leave"; readonly of: "loop" | "round" }
    | {
        readonly do: "switch";
        readonly subject: Expr;
        /** Without a test: what else is done. `falls`: goes on into the next where nothing leaves it. */
        readonly arms: readonly { readonly test: Expr | null; readonly body: readonly Stmt[] }[];
        readonly falls: boolean;
      }
    | { readonly do: "throw"; readonly value: Expr }
    /** Names that belong to the program or to a function around, though they are set here. */
    | { readonly do: "share"; readonly names: readonly string[]; readonly with: "program" | "around" }
  );
