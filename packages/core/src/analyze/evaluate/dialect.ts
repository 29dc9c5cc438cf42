/** What distinguishes the languages when they are evaluated. One for Python, one for JavaScript and TypeScript. */
import type { LanguageName } from "@hsr/contract";
import type { Stmt } from "../ir.ts";
import type { SyntaxTree } from "../syntax.ts";
import type { ClassValue, InstanceValue, RefValue, Value } from "../value.ts";
import type { OutsideCall } from "./call.ts";

export interface Dialect {
  readonly language: LanguageName;
  lower(tree: SyntaxTree): readonly Stmt[];
  /** One name for everything that has several. */
  canonical(name: string): string;
  /** Whether something is known under a full name. */
  knows(name: string): boolean;
  /** A name that the program does not define. */
  global(name: string): Value;
  /** A member of something outside. */
  memberOf(call: OutsideCall, of: RefValue, name: string): Value;
  /** A member of an instance that is more than a method, or `null`. */
  instanceMember(of: InstanceValue, name: string): Value | null;
  /** A member of something outside is set. */
  assignMember(call: OutsideCall, name: string): void;
  /** `of[key]` where it is not known. */
  item(call: OutsideCall, of: Value, key: Value): Value;
  /** Whether `of["name"]` is the member `name`. */
  itemIsMember(of: Value): boolean;
  /** One of what comes when something is gone through, or `null`. */
  iterate(over: Value): Value | null;
  /** A call of something outside; `null` when it is not known. */
  call(call: OutsideCall): Value | null;
  /** A call of something that is not known at all. */
  callUnknown(fn: Value, call: OutsideCall): Value;
  /** `import(name)` and its like. */
  importValue(name: Value, call: OutsideCall): Value;
  /** A module or a member of one is imported by its name; gives what it is, or `null` where it is only a name. */
  imported?(call: OutsideCall): Value | null;
  /** A class of the program is complete. */
  defined?(of: ClassValue, call: OutsideCall): void;
  /** An operator with a meaning of its own, or `null`. */
  operate?(sign: string, left: Value, right: Value): Value | null;
}
