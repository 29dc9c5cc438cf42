/**
 * A seccomp profile in the format of the OCI runtime specification (`linux.seccomp`), read strictly: a key, an action
 * or an operator that this compiler does not know is an error, since a rule that is read past is a hole.
 */

/** What the kernel does with a call. `errno` numbers are the kernel's, 0 to 4095. */
export type Action =
  | { readonly kind: "allow" | "log" | "trap" | "kill_thread" | "kill_process" }
  | { readonly kind: "errno"; readonly errno: number };

export type Operator = "EQ" | "NE" | "LT" | "LE" | "GT" | "GE" | "MASKED_EQ";

/** One comparison of one argument, all 64 bits of it. For `MASKED_EQ`, `value` is the mask and `valueTwo` the result. */
export interface Condition {
  readonly index: number;
  readonly op: Operator;
  readonly value: bigint;
  readonly valueTwo: bigint;
}

/** One entry of `syscalls`: the action for these calls where all conditions hold. */
export interface ProfileRule {
  readonly names: readonly string[];
  readonly action: Action;
  readonly conditions: readonly Condition[];
}

export interface Profile {
  readonly defaultAction: Action;
  /** Names as in `SCMP_ARCH_X86_64`; empty means every architecture. */
  readonly architectures: readonly string[];
  readonly rules: readonly ProfileRule[];
}

/** The profile itself is wrong. The message says where. */
export class ProfileError extends Error {
  override readonly name = "ProfileError";
}

const EPERM = 1;
const maxErrno = 4095;
const maxWord = 0xffff_ffff_ffff_ffffn;
const operators: readonly string[] = ["EQ", "NE", "LT", "LE", "GT", "GE", "MASKED_EQ"] satisfies Operator[];

type Fields = Readonly<Record<string, unknown>>;

const fieldsOf = (value: unknown, where: string, known: readonly string[]): Fields => {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new ProfileError(`${where}: an object is expected`);
  }
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw new ProfileError(`${where}: unknown key ${JSON.stringify(key)}`);
  }
  return value as Fields;
};

const arrayOf = (value: unknown, where: string): readonly unknown[] => {
  if (!Array.isArray(value)) throw new ProfileError(`${where}: an array is expected`);
  return value;
};

const stringOf = (value: unknown, where: string): string => {
  if (typeof value !== "string" || value === "") throw new ProfileError(`${where}: a string is expected`);
  return value;
};

const integerOf = (value: unknown, where: string, max: bigint): bigint => {
  const number = typeof value === "number" && Number.isSafeInteger(value) ? BigInt(value) : value;
  if (typeof number !== "bigint" || number < 0n || number > max) {
    throw new ProfileError(`${where}: an integer from 0 to ${max} is expected`);
  }
  return number;
};

const actionOf = (value: unknown, errno: unknown, where: string, defaultErrno: number): Action => {
  const name = stringOf(value, where);
  if (errno !== undefined && name !== "SCMP_ACT_ERRNO") throw new ProfileError(`${where}: ${name} takes no errno`);
  switch (name) {
    case "SCMP_ACT_ALLOW":
      return { kind: "allow" };
    case "SCMP_ACT_LOG":
      return { kind: "log" };
    case "SCMP_ACT_TRAP":
      return { kind: "trap" };
    case "SCMP_ACT_KILL":
    case "SCMP_ACT_KILL_THREAD":
      return { kind: "kill_thread" };
    case "SCMP_ACT_KILL_PROCESS":
      return { kind: "kill_process" };
    case "SCMP_ACT_ERRNO":
      return {
        kind: "errno",
        errno: errno === undefined ? defaultErrno : Number(integerOf(errno, `${where} errno`, BigInt(maxErrno))),
      };
    default:
      // SCMP_ACT_TRACE and SCMP_ACT_NOTIFY need somebody at the other end; nobody is there.
      throw new ProfileError(`${where}: the action ${name} is not supported`);
  }
};

const conditionOf = (value: unknown, where: string): Condition => {
  const fields = fieldsOf(value, where, ["index", "value", "valueTwo", "op"]);
  const op = stringOf(fields.op, `${where}.op`).replace(/^SCMP_CMP_/, "");
  if (!operators.includes(op)) throw new ProfileError(`${where}.op: unknown operator ${op}`);
  const condition = {
    index: Number(integerOf(fields.index, `${where}.index`, 5n)),
    op: op as Operator,
    value: integerOf(fields.value, `${where}.value`, maxWord),
    valueTwo: integerOf(fields.valueTwo ?? 0n, `${where}.valueTwo`, maxWord),
  };
  if (condition.op === "MASKED_EQ" && (condition.valueTwo & ~condition.value) !== 0n) {
    throw new ProfileError(`${where}: valueTwo has bits outside the mask, so this can never hold`);
  }
  return condition;
};

const ruleOf = (value: unknown, where: string): ProfileRule => {
  const fields = fieldsOf(value, where, ["names", "action", "errnoRet", "args"]);
  const names = arrayOf(fields.names, `${where}.names`).map((name, i) => stringOf(name, `${where}.names[${i}]`));
  if (names.length === 0) throw new ProfileError(`${where}.names: at least one name is expected`);
  const conditions = arrayOf(fields.args ?? [], `${where}.args`).map((arg, i) =>
    conditionOf(arg, `${where}.args[${i}]`),
  );
  if (new Set(conditions.map(({ index }) => index)).size !== conditions.length) {
    // runc reads this as "or", libseccomp refuses it; whoever wrote it may have meant either.
    throw new ProfileError(`${where}.args: one argument is compared twice; write two rules for "or"`);
  }
  return { names, conditions, action: actionOf(fields.action, fields.errnoRet, `${where}.action`, EPERM) };
};

/** Checks a parsed profile and gives it its types. Integers may be numbers or bigints. */
export const profileFrom = (value: unknown): Profile => {
  const fields = fieldsOf(value, "profile", ["defaultAction", "defaultErrnoRet", "architectures", "syscalls"]);
  return {
    defaultAction: actionOf(fields.defaultAction, fields.defaultErrnoRet, "defaultAction", EPERM),
    architectures: arrayOf(fields.architectures ?? [], "architectures").map((name) => stringOf(name, "architectures")),
    rules: arrayOf(fields.syscalls ?? [], "syscalls").map((rule, i) => ruleOf(rule, `syscalls[${i}]`)),
  };
};

/** Reads a profile from its JSON text; integers above 2^53 keep every bit. */
export const parseProfile = (text: string): Profile => {
  const exact = (_key: string, value: unknown, context?: { readonly source?: string }): unknown =>
    typeof value === "number" && context?.source !== undefined && /^\d+$/.test(context.source)
      ? BigInt(context.source)
      : value;
  return profileFrom(JSON.parse(text, exact));
};
