/** From Python's syntax tree to the common form. */
import type { Argument, ClassForm, Expr, FunctionForm, Param, Span, Stmt } from "../ir.ts";
import { child, childrenOf, named, ofType, type Syntax, type SyntaxTree } from "../syntax.ts";
import { unescapePython } from "./escapes.ts";

export function lowerPython(tree: SyntaxTree): readonly Stmt[] {
  return new PythonLowering(tree.text).block(tree.root);
}

class PythonLowering {
  readonly #text: string;
  readonly #isPlain: boolean;

  constructor(text: string) {
    this.#text = text;
    this.#isPlain = /^[\x20-\x7e\s]*$/.test(text);
  }

  /** Names are compared as Python compares them: letters of another width or hand are the plain ones. */
  #source(node: Syntax): string {
    const text = this.#text.slice(node.start, node.end);
    return this.#isPlain ? text : text.normalize("NFKC");
  }

  /** Python reads names in one form of Unicode, however they are written. */
  #name(node: Syntax): string {
    const name = this.#source(node);
    return /^[\x00-\x7f]*$/.test(name) ? name : name.normalize("NFKC");
  }

  block(node: Syntax | null): readonly Stmt[] {
    return node === null ? [] : named(node).flatMap((each) => this.stmt(each));
  }

  stmt(node: Syntax): readonly Stmt[] {
    const at = span(node);
    switch (node.type) {
      case "expression_statement":
        return named(node).flatMap((each) => this.#simple(each));
      case "import_statement":
        return childrenOf(node, "name").map((each) => this.#import(each));
      case "import_from_statement":
        return this.#importFrom(node);
      case "future_import_statement":
      case "pass_statement":
        return [];
      case "global_statement":
      case "nonlocal_statement":
        return [
          {
            ...at,
            do: "share",
            names: named(node).map((each) => this.#name(each)),
            with: node.type === "global_statement" ? "program" : "around",
          },
        ];
      case "if_statement":
        return [this.#if(node)];
      case "for_statement":
        return [
          {
            ...at,
            do: "for",
            target: this.#target(child(node, "left")),
            over: this.#field(node, "right"),
            body: this.block(child(node, "body")),
          },
          ...this.#elseOf(node),
        ];
      case "while_statement":
        return [
          { ...at, do: "while", test: this.#field(node, "condition"), body: this.block(child(node, "body")), step: [] },
          ...this.#elseOf(node),
        ];
      case "try_statement":
        return this.#try(node);
      case "with_statement":
        return [...this.#with(node), ...this.block(child(node, "body"))];
      case "function_definition":
        return [{ ...at, do: "function", form: this.#function(node), decorators: [] }];
      case "class_definition":
        return [{ ...at, do: "class", form: this.#class(node), decorators: [] }];
      case "decorated_definition":
        return this.#decorated(node);
      case "return_statement": {
        const value = named(node)[0];
        return [{ ...at, do: "return", value: value === undefined ? null : this.expr(value) }];
      }
      case "break_statement":
        return [{ ...at, do: "leave", of: "loop" }];
      case "continue_statement":
        return [{ ...at, do: "leave", of: "round" }];
      case "raise_statement":
        return named(node).map((each, index) =>
          index === 0 ? { ...at, do: "throw", value: this.expr(each) } : { ...at, do: "expr", value: this.expr(each) },
        );
      case "assert_statement":
      case "delete_statement":
      case "print_statement":
        return named(node).map((each) => ({ ...at, do: "expr", value: this.expr(each) }));
      case "exec_statement":
        return [
          {
            ...at,
            do: "expr",
            value: call(at, { ...at, op: "name", name: "exec" }, [this.#field(node, "code")]),
          },
        ];
      case "match_statement":
        return this.#match(node);
      case "type_alias_statement":
        return [];
      case "ERROR":
      case "block":
      case "module":
        return this.block(node);
      default:
        return isStatement(node.type) ? this.block(node) : this.#simple(node);
    }
  }

  #simple(node: Syntax): readonly Stmt[] {
    const at = span(node);
    switch (node.type) {
      case "assignment": {
        const right = child(node, "right");
        if (right === null) return [];
        const value = this.#value(right);
        const before: Stmt[] = [];
        // `a = b = c` is one assignment inside the other.
        if (right.type === "assignment") before.push(...this.#simple(right));
        const inner = right.type === "assignment" ? this.#target(child(right, "left")) : value;
        return [
          ...before,
          { ...at, do: "assign", target: this.#target(child(node, "left")), value: inner, sign: null },
        ];
      }
      case "augmented_assignment":
        return [
          {
            ...at,
            do: "assign",
            target: this.#target(child(node, "left")),
            value: this.#field(node, "right"),
            sign: this.#source(child(node, "operator") ?? node).replace(/=$/, ""),
          },
        ];
      case "yield": {
        const value = named(node)[0];
        return value === undefined ? [] : [{ ...at, do: "yield", value: this.expr(value) }];
      }
      default:
        return [{ ...at, do: "expr", value: this.expr(node) }];
    }
  }

  #value(node: Syntax): Expr {
    return this.expr(node.type === "assignment" ? (child(node, "right") ?? node) : node);
  }

  #import(node: Syntax): Stmt {
    const at = span(node);
    if (node.type === "aliased_import")
      return {
        ...at,
        do: "bind",
        name: this.#name(child(node, "alias") ?? node),
        to: this.#name(child(node, "name") ?? node),
      };
    const first = this.#name(node).split(".")[0] ?? "";
    return { ...at, do: "bind", name: first, to: first };
  }

  #importFrom(node: Syntax): readonly Stmt[] {
    const module = this.#name(child(node, "module_name") ?? node);
    const at = span(node);
    if (ofType(node, "wildcard_import") !== null) return [{ ...at, do: "bind-all", module }];
    return childrenOf(node, "name").map((each) => {
      const isAliased = each.type === "aliased_import";
      const name = this.#name(isAliased ? (child(each, "name") ?? each) : each);
      const alias = isAliased ? this.#name(child(each, "alias") ?? each) : name;
      return { ...span(each), do: "bind", name: alias, to: `${module}.${name}` };
    });
  }

  #if(node: Syntax): Stmt {
    const tests: Expr[] = [this.#field(node, "condition")];
    const arms: (readonly Stmt[])[] = [this.block(child(node, "consequence"))];
    for (const other of childrenOf(node, "alternative")) {
      if (other.type === "elif_clause") {
        tests.push(this.#field(other, "condition"));
        arms.push(this.block(child(other, "consequence")));
      } else arms.push(this.block(child(other, "body")));
    }
    return { ...span(node), do: "branches", tests, arms };
  }

  #elseOf(node: Syntax): readonly Stmt[] {
    const other = child(node, "alternative");
    return other === null ? [] : this.block(child(other, "body"));
  }

  #try(node: Syntax): readonly Stmt[] {
    const found: Stmt[] = [...this.block(child(node, "body"))];
    const arms: (readonly Stmt[])[] = [];
    for (const clause of named(node)) {
      if (clause.type === "except_clause" || clause.type === "except_group_clause") {
        arms.push([...this.#caught(clause), ...this.block(ofType(clause, "block"))]);
      } else if (clause.type === "else_clause") found.push(...this.block(child(clause, "body")));
    }
    if (arms.length > 0) found.push({ ...span(node), do: "branches", tests: [], arms: [...arms, []] });
    for (const clause of named(node))
      if (clause.type === "finally_clause") found.push(...this.block(ofType(clause, "block")));
    return found;
  }

  /** `except Error as name`: the name is what was raised. */
  #caught(clause: Syntax): readonly Stmt[] {
    const pattern = ofType(clause, "as_pattern");
    const alias = pattern === null ? child(clause, "alias") : child(pattern, "alias");
    if (alias === null) return [];
    const target = this.#target(named(alias)[0] ?? alias);
    return [{ ...span(clause), do: "assign", target, value: { ...span(clause), op: "caught" }, sign: null }];
  }

  #with(node: Syntax): readonly Stmt[] {
    const clause = ofType(node, "with_clause");
    const items = clause === null ? [] : named(clause);
    return items.flatMap((item): readonly Stmt[] => {
      const value = child(item, "value") ?? named(item)[0];
      if (value === undefined || value === null) return [];
      if (value.type !== "as_pattern")
        return [{ ...span(value), do: "expr", value: { ...span(value), op: "enter", of: this.expr(value) } }];
      const [of] = named(value);
      const alias = child(value, "alias");
      if (of === undefined || alias === null) return [];
      const target = this.#target(named(alias)[0] ?? alias);
      const entered: Expr = { ...span(value), op: "enter", of: this.expr(of) };
      return [{ ...span(value), do: "assign", target, value: entered, sign: null }];
    });
  }

  #match(node: Syntax): readonly Stmt[] {
    const arms: { readonly test: Expr | null; readonly body: readonly Stmt[] }[] = [];
    const visit = (within: Syntax) => {
      for (const each of named(within)) {
        if (each.type === "case_clause") arms.push(this.#case(each));
        else if (each.type === "block") visit(each);
      }
    };
    visit(node);
    const [subject, ...more] = childrenOf(node, "subject").map((each) => this.expr(each));
    const at = span(node);
    const whole: Expr =
      subject !== undefined && more.length === 0
        ? subject
        : { ...at, op: "list", items: subject === undefined ? [] : [subject, ...more] };
    return [{ ...at, do: "switch", subject: whole, arms, falls: false }];
  }

  /** A pattern that is a value is compared; a name takes whatever comes; of any other it is not known whether it fits. */
  #case(node: Syntax): { readonly test: Expr | null; readonly body: readonly Stmt[] } {
    const body = this.block(child(node, "consequence"));
    const at = span(node);
    const pattern = ofType(node, "case_pattern");
    const inner = pattern === null ? undefined : named(pattern)[0];
    if (child(node, "guard") !== null || pattern === null) return { test: { ...at, op: "mix", of: [] }, body };
    if (inner === undefined) return { test: null, body };
    if (inner.type === "dotted_name" && !this.#source(inner).includes(".")) {
      const target: Expr = { ...span(inner), op: "name", name: this.#source(inner) };
      return {
        test: null,
        body: [{ ...at, do: "assign", target, value: { ...at, op: "name", name: "\0subject" }, sign: null }, ...body],
      };
    }
    return { test: this.expr(inner), body };
  }

  #decorated(node: Syntax): readonly Stmt[] {
    const definition = child(node, "definition");
    if (definition === null) return [];
    const decorators = named(node)
      .filter((each) => each.type === "decorator")
      .flatMap((each) => this.#all(each));
    return this.stmt(definition).map((each) =>
      each.do === "function" || each.do === "class" ? { ...each, decorators } : each,
    );
  }

  #function(node: Syntax): FunctionForm {
    return {
      ...span(node),
      name: this.#nameOf(node),
      params: this.#params(child(node, "parameters")),
      body: this.block(child(node, "body")),
      self: "param",
    };
  }

  #class(node: Syntax): ClassForm {
    const bases = child(node, "superclasses");
    return {
      ...span(node),
      name: this.#nameOf(node),
      bases:
        bases === null
          ? []
          : named(bases)
              .filter((each) => each.type !== "keyword_argument")
              .map((each) => this.expr(each)),
      body: this.block(child(node, "body")),
      named: bases === null ? [] : this.#arguments(bases).filter((each) => each.name !== null),
    };
  }

  #nameOf(node: Syntax): string | null {
    const name = child(node, "name");
    return name === null ? null : this.#name(name);
  }

  #params(node: Syntax | null): readonly Param[] {
    if (node === null) return [];
    return named(node).flatMap((each): readonly Param[] => {
      switch (each.type) {
        case "default_parameter":
        case "typed_default_parameter":
          return [{ target: this.#target(child(each, "name")), fallback: this.#field(each, "value"), rest: null }];
        case "typed_parameter": {
          const inner = named(each)[0];
          return inner === undefined ? [] : this.#params({ ...each, children: [inner] });
        }
        case "list_splat_pattern":
        case "dictionary_splat_pattern": {
          const inner = named(each)[0];
          const rest = each.type === "list_splat_pattern" ? "list" : "dict";
          return inner === undefined ? [] : [{ target: this.#target(inner), fallback: null, rest }];
        }
        case "keyword_separator":
        case "positional_separator":
          return [];
        default:
          return [{ target: this.#target(each), fallback: null, rest: null }];
      }
    });
  }

  #target(node: Syntax | null): Expr {
    if (node === null) return { start: 0, end: 0, op: "name", name: "_" };
    switch (node.type) {
      case "pattern_list":
      case "tuple_pattern":
      case "list_pattern":
        return { ...span(node), op: "list", items: named(node).map((each) => this.#target(each)) };
      case "list_splat_pattern": {
        const inner = named(node)[0] ?? null;
        return { ...span(node), op: "spread", of: this.#target(inner) };
      }
      default:
        return this.expr(node);
    }
  }

  #field(node: Syntax, name: string): Expr {
    const found = child(node, name);
    return found === null ? { ...span(node), op: "mix", of: [] } : this.expr(found);
  }

  #all(node: Syntax): Expr[] {
    return named(node).map((each) => this.expr(each));
  }

  expr(node: Syntax): Expr {
    const at = span(node);
    switch (node.type) {
      case "identifier":
      case "keyword_identifier":
        return { ...at, op: "name", name: this.#name(node) };
      case "string":
        return this.#string(node);
      case "concatenated_string":
        return { ...at, op: "text", parts: this.#all(node) };
      case "integer":
        return { ...at, op: "const", value: integer(this.#source(node)) };
      case "float":
        return { ...at, op: "const", value: Number.parseFloat(this.#source(node)) };
      case "true":
      case "false":
        return { ...at, op: "const", value: node.type === "true" };
      case "none":
        return { ...at, op: "const", value: null };
      case "attribute":
        return {
          ...at,
          op: "attr",
          of: this.#field(node, "object"),
          name: this.#name(child(node, "attribute") ?? node),
        };
      case "subscript":
        return this.#subscript(node);
      case "call":
        return {
          ...at,
          op: "call",
          fn: this.#field(node, "function"),
          args: this.#arguments(child(node, "arguments")),
          isNew: false,
        };
      case "binary_operator":
        return {
          ...at,
          op: "binary",
          sign: this.#source(child(node, "operator") ?? node),
          left: this.#field(node, "left"),
          right: this.#field(node, "right"),
        };
      case "unary_operator":
        return {
          ...at,
          op: "unary",
          sign: this.#source(child(node, "operator") ?? node),
          of: this.#field(node, "argument"),
        };
      case "not_operator":
        return { ...at, op: "unary", sign: "not", of: this.#field(node, "argument") };
      case "boolean_operator":
        return {
          ...at,
          op: "first",
          sign: this.#source(child(node, "operator") ?? node) === "and" ? "and" : "or",
          left: this.#field(node, "left"),
          right: this.#field(node, "right"),
        };
      case "comparison_operator":
        return this.#comparison(node);
      case "conditional_expression": {
        const [first, test, other] = this.#all(node);
        if (first === undefined || test === undefined || other === undefined)
          return { ...at, op: "mix", of: this.#all(node) };
        return { ...at, op: "choose", test, first, other };
      }
      case "parenthesized_expression": {
        const inner = named(node)[0];
        return inner === undefined ? { ...at, op: "mix", of: [] } : this.expr(inner);
      }
      case "list":
      case "tuple":
      case "set":
      case "expression_list":
        return { ...at, op: "list", items: this.#all(node) };
      case "dictionary":
        return {
          ...at,
          op: "dict",
          entries: named(node).map((each) =>
            each.type === "pair"
              ? { key: this.#field(each, "key"), value: this.#field(each, "value") }
              : { key: { ...span(each), op: "mix", of: [] }, value: this.#spread(each) },
          ),
        };
      case "list_comprehension":
      case "set_comprehension":
      case "generator_expression":
      case "dictionary_comprehension":
        return this.#comprehension(node);
      case "lambda": {
        const body = child(node, "body");
        const form: FunctionForm = {
          ...at,
          name: null,
          params: this.#params(child(node, "parameters")),
          body: body === null ? [] : [{ ...span(body), do: "return", value: this.expr(body) }],
          self: "param",
        };
        return { ...at, op: "function", form };
      }
      case "named_expression":
        return { ...at, op: "assign", target: this.#target(child(node, "name")), value: this.#field(node, "value") };
      case "list_splat":
      case "dictionary_splat":
        return this.#spread(node);
      case "await": {
        const inner = named(node)[0];
        return inner === undefined ? { ...at, op: "mix", of: [] } : this.expr(inner);
      }
      case "type":
      case "ellipsis":
        return { ...at, op: "mix", of: [] };
      default:
        return { ...at, op: "mix", of: this.#all(node) };
    }
  }

  #spread(node: Syntax): Expr {
    const inner = named(node)[0];
    return {
      ...span(node),
      op: "spread",
      of: inner === undefined ? { ...span(node), op: "mix", of: [] } : this.expr(inner),
    };
  }

  #comparison(node: Syntax): Expr {
    const at = span(node);
    const operands = this.#all(node);
    const signs = childrenOf(
      { ...node, children: node.children.map((each) => ({ ...each, named: true })) },
      "operators",
    );
    const [left, right] = operands;
    if (operands.length !== 2 || left === undefined || right === undefined || signs.length !== 1)
      return { ...at, op: "mix", of: operands };
    return { ...at, op: "binary", sign: this.#source(signs[0] ?? node), left, right };
  }

  #subscript(node: Syntax): Expr {
    const at = span(node);
    const of = this.#field(node, "value");
    const keys = childrenOf(node, "subscript");
    const [key] = keys;
    const isTuple = keys.length > 1 || node.children.some((each) => each.type === ",");
    if (isTuple && keys.every((each) => each.type !== "slice"))
      return { ...at, op: "item", of, key: { ...at, op: "list", items: keys.map((each) => this.expr(each)) } };
    if (key === undefined) return { ...at, op: "mix", of: [of] };
    if (key.type !== "slice") return { ...at, op: "item", of, key: this.expr(key) };
    const parts: (Expr | null)[] = [null, null, null];
    let index = 0;
    for (const each of key.children) {
      if (each.type === ":") index += 1;
      else if (each.named && index < 3) parts[index] = this.expr(each);
    }
    return { ...at, op: "slice", of, parts };
  }

  #comprehension(node: Syntax): Expr {
    const body = child(node, "body");
    const clauses = named(node).filter((each) => each !== body);
    let give: Expr =
      body === null
        ? { ...span(node), op: "mix", of: [] }
        : body.type === "pair"
          ? { ...span(body), op: "list", items: [this.#field(body, "key"), this.#field(body, "value")] }
          : this.expr(body);
    let when: Expr[] = [];
    // From the inside out: the last `for` is the innermost.
    for (const clause of [...clauses].reverse()) {
      if (clause.type === "if_clause") when = [...this.#all(clause), ...when];
      else if (clause.type === "for_in_clause") {
        give = {
          ...span(node),
          op: "each",
          target: this.#target(child(clause, "left")),
          over: this.#field(clause, "right"),
          when,
          give,
          ...(body?.type === "pair" ? { pairs: true } : {}),
        };
        when = [];
      }
    }
    return give;
  }

  #arguments(node: Syntax | null): readonly Argument[] {
    if (node === null) return [];
    if (node.type === "generator_expression") return [{ name: null, value: this.expr(node), spread: null }];
    return named(node).map((each): Argument => {
      switch (each.type) {
        case "keyword_argument":
          return { name: this.#name(child(each, "name") ?? each), value: this.#field(each, "value"), spread: null };
        case "list_splat":
          return { name: null, value: this.expr(named(each)[0] ?? each), spread: "list" };
        case "dictionary_splat":
          return { name: null, value: this.expr(named(each)[0] ?? each), spread: "dict" };
        default:
          return { name: null, value: this.expr(each), spread: null };
      }
    });
  }

  #string(node: Syntax): Expr {
    const at = span(node);
    const start = ofType(node, "string_start");
    const prefix = (start === null ? "" : this.#source(start)).replace(/["']+$/, "").toLowerCase();
    const bytes = prefix.includes("b");
    const isRaw = prefix.includes("r");
    const parts: Expr[] = [];
    for (const each of node.children) {
      if (each.type === "string_content") {
        const raw = this.#text.slice(each.start, each.end);
        const value = isRaw ? raw : unescapePython(raw, bytes);
        parts.push({
          ...span(each),
          op: "const",
          value: prefix.includes("f") ? value.replace(/\{\{/g, "{").replace(/\}\}/g, "}") : value,
          bytes,
        });
      } else if (each.type === "interpolation") parts.push(this.#field(each, "expression"));
    }
    const [only] = parts;
    if (parts.length === 0) return { ...at, op: "const", value: "", bytes };
    if (parts.length === 1 && only?.op === "const") return { ...only, ...at };
    return { ...at, op: "text", parts };
  }
}

function span(node: Syntax): Span {
  return { start: node.start, end: node.end };
}

function call(at: Span, fn: Expr, values: readonly Expr[]): Expr {
  return { ...at, op: "call", fn, args: values.map((value) => ({ name: null, value, spread: null })), isNew: false };
}

function isStatement(type: string): boolean {
  return type.endsWith("_statement") || type.endsWith("_clause");
}

/** Digits of a whole number that are read. */
const mostDigits = 20_000;

function integer(text: string): number | bigint {
  const n = number(text);
  const digits = text.replace(/[_lL]/g, "");
  if (
    Number.isSafeInteger(n) ||
    digits.length > mostDigits ||
    !/^(\d+|0[xX][\da-fA-F]+|0[oO][0-7]+|0[bB][01]+)$/.test(digits)
  )
    return n;
  return BigInt(digits);
}

function number(text: string): number {
  return Number(
    text
      .replace(/_/g, "")
      .replace(/[lLjJ]$/, "")
      .replace(/^0+(?=\d)/, ""),
  );
}
