/** From JavaScript's and TypeScript's syntax tree to the common form. Types are seen through. */
import type { Argument, ClassForm, Expr, FunctionForm, Param, Span, Stmt } from "../ir.ts";
import { child, named, ofType, type Syntax, type SyntaxTree } from "../syntax.ts";
import { unescapeJavaScript } from "./escapes.ts";

export function lowerJavaScript(tree: SyntaxTree): readonly Stmt[] {
  return new JavaScriptLowering(tree.text).block(tree.root);
}

class JavaScriptLowering {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  /** Names may be written with escapes. */
  #source(node: Syntax): string {
    const text = this.#text.slice(node.start, node.end);
    return text.includes("\\u") ? unescapeJavaScript(text) : text;
  }

  /** A name without its escapes. */
  #name(node: Syntax): string {
    const name = this.#source(node);
    return name.includes("\\") ? unescapeJavaScript(name) : name;
  }

  block(node: Syntax | null): readonly Stmt[] {
    if (node === null) return [];
    return hoisted(named(node).flatMap((each) => this.stmt(each)));
  }

  /** A body that is a block or a single statement. */
  #body(node: Syntax | null): readonly Stmt[] {
    if (node === null) return [];
    return node.type === "statement_block" ? this.block(node) : this.stmt(node);
  }

  stmt(node: Syntax): readonly Stmt[] {
    const at = span(node);
    switch (node.type) {
      case "expression_statement":
        return named(node).flatMap((each) => this.#simple(each));
      case "lexical_declaration":
      case "variable_declaration":
        return named(node).flatMap((each) => this.#declarator(each));
      case "import_statement":
        return this.#import(node);
      case "export_statement": {
        const inner = child(node, "declaration") ?? child(node, "value");
        return inner === null ? [] : this.stmt(inner);
      }
      case "function_declaration":
      case "generator_function_declaration":
        return [{ ...at, do: "function", form: this.#function(node, "this"), decorators: [] }];
      case "class_declaration":
      case "abstract_class_declaration":
        return [{ ...at, do: "class", form: this.#class(node), decorators: [] }];
      case "if_statement": {
        const other = child(node, "alternative");
        const arms = [this.#body(child(node, "consequence"))];
        if (other !== null) arms.push(named(other).flatMap((each) => this.#body(each)));
        return [{ ...at, do: "branches", tests: [this.#field(node, "condition")], arms }];
      }
      case "for_in_statement":
        return [
          {
            ...at,
            do: "for",
            target: this.#target(child(node, "left")),
            over: this.#field(node, "right"),
            body: this.#body(child(node, "body")),
          },
        ];
      case "for_statement": {
        const first = child(node, "initializer");
        const step = child(node, "increment");
        const test = child(node, "condition");
        return [
          ...(first === null ? [] : this.stmt(first)),
          {
            ...at,
            do: "while",
            test: test === null || test.type === "empty_statement" ? null : this.expr(test),
            body: this.#body(child(node, "body")),
            step: step === null ? [] : this.#simple(step),
          },
        ];
      }
      case "while_statement":
      case "do_statement":
        return [
          { ...at, do: "while", test: this.#field(node, "condition"), body: this.#body(child(node, "body")), step: [] },
        ];
      case "try_statement": {
        const handler = child(node, "handler");
        const last = child(node, "finalizer");
        const found: Stmt[] = [...this.block(child(node, "body"))];
        if (handler !== null) found.push({ ...at, do: "branches", tests: [], arms: [this.#handler(handler), []] });
        if (last !== null) found.push(...this.block(child(last, "body")));
        return found;
      }
      case "switch_statement": {
        const body = child(node, "body");
        const arms = (body === null ? [] : named(body)).map((each) => {
          const test = child(each, "value");
          return {
            test: test === null ? null : this.expr(test),
            body: each.children.filter((one) => one.field === "body").flatMap((one) => this.stmt(one)),
          };
        });
        return [{ ...at, do: "switch", subject: this.#field(node, "value"), arms, falls: true }];
      }
      case "return_statement": {
        const value = named(node)[0];
        return [{ ...at, do: "return", value: value === undefined ? null : this.expr(value) }];
      }
      case "throw_statement":
        return named(node).map((each) => ({ ...at, do: "throw", value: this.expr(each) }));
      case "break_statement":
        return [{ ...at, do: "leave", of: "loop" }];
      case "continue_statement":
        return [{ ...at, do: "leave", of: "round" }];
      case "labeled_statement":
        return this.#body(child(node, "body"));
      case "statement_block":
      case "program":
      case "ERROR":
      case "internal_module":
      case "module":
      case "ambient_declaration":
        return this.block(child(node, "body") ?? node);
      case "interface_declaration":
      case "type_alias_declaration":
      case "empty_statement":
      case "debugger_statement":
      case "hash_bang_line":
      case "function_signature":
        return [];
      default:
        return this.#simple(node);
    }
  }

  /** What is thrown gets the handler's name. */
  #handler(node: Syntax): readonly Stmt[] {
    const param = child(node, "parameter");
    const body = this.block(child(node, "body"));
    if (param === null) return body;
    const value: Expr = { ...span(node), op: "caught" };
    return [{ ...span(node), do: "assign", target: this.#target(param), value, sign: null, declares: true }, ...body];
  }

  #simple(node: Syntax): readonly Stmt[] {
    const at = span(node);
    switch (node.type) {
      case "assignment_expression": {
        const right = child(node, "right");
        if (right?.type === "assignment_expression") {
          const target = this.#target(child(node, "left"));
          const inner = this.#target(child(right, "left"));
          return [...this.#simple(right), { ...at, do: "assign", target, value: inner, sign: null }];
        }
        return [
          {
            ...at,
            do: "assign",
            target: this.#target(child(node, "left")),
            value: this.#field(node, "right"),
            sign: null,
          },
        ];
      }
      case "augmented_assignment_expression":
        return [
          {
            ...at,
            do: "assign",
            target: this.#target(child(node, "left")),
            value: this.#field(node, "right"),
            sign: this.#source(child(node, "operator") ?? node).replace(/=$/, ""),
          },
        ];
      case "update_expression":
        return [
          {
            ...at,
            do: "assign",
            target: this.#target(child(node, "argument")),
            value: { ...at, op: "const", value: 1 },
            sign: this.#source(child(node, "operator") ?? node).slice(0, 1),
          },
        ];
      case "sequence_expression":
        return named(node).flatMap((each) => this.#simple(each));
      case "yield_expression": {
        const value = named(node)[0];
        return value === undefined ? [] : [{ ...at, do: "yield", value: this.expr(value) }];
      }
      default:
        return [{ ...at, do: "expr", value: this.expr(node) }];
    }
  }

  #declarator(node: Syntax): readonly Stmt[] {
    const value = child(node, "value");
    const name = child(node, "name");
    if (name === null || node.type !== "variable_declarator") return [];
    const held: Expr = value === null ? { ...span(node), op: "mix", of: [] } : this.expr(value);
    return [{ ...span(node), do: "assign", target: this.#target(name), value: held, sign: null, declares: true }];
  }

  #import(node: Syntax): readonly Stmt[] {
    const required = ofType(node, "import_require_clause");
    const from = child(required ?? node, "source");
    if (from === null) return [];
    const module = this.#literal(from);
    if (required !== null) {
      const name = named(required)[0];
      return name === undefined ? [] : [{ ...span(node), do: "bind", name: this.#source(name), to: module }];
    }
    const clause = ofType(node, "import_clause");
    return (clause === null ? [] : named(clause)).flatMap((each): readonly Stmt[] => {
      if (each.type === "identifier")
        return [{ ...span(each), do: "bind", name: this.#source(each), to: `${module}.default` }];
      if (each.type === "namespace_import") {
        const name = named(each)[0];
        return name === undefined ? [] : [{ ...span(each), do: "bind", name: this.#source(name), to: module }];
      }
      return named(each).map((one): Stmt => {
        const name = this.#source(child(one, "name") ?? one).replace(/^["']|["']$/g, "");
        const alias = child(one, "alias");
        return { ...span(one), do: "bind", name: alias === null ? name : this.#source(alias), to: `${module}.${name}` };
      });
    });
  }

  #literal(node: Syntax): string {
    const found = this.expr(node);
    return found.op === "const" && typeof found.value === "string" ? found.value : "";
  }

  #function(node: Syntax, self: "this" | "outer"): FunctionForm {
    const body = child(node, "body");
    const name = child(node, "name");
    const single = child(node, "parameter");
    const params = child(node, "parameters");
    return {
      ...span(node),
      name: name === null ? null : this.#name(name),
      ...(node.children.some((each) => each.type === "get") ? { isGetter: true } : {}),
      params:
        single === null
          ? params === null
            ? []
            : named(params).flatMap((each) => this.#param(each))
          : this.#param(single),
      body:
        body === null
          ? []
          : body.type === "statement_block"
            ? this.block(body)
            : [{ ...span(body), do: "return", value: this.expr(body) }],
      self,
    };
  }

  #param(node: Syntax): readonly Param[] {
    switch (node.type) {
      case "assignment_pattern":
        return [{ target: this.#target(child(node, "left")), fallback: this.#field(node, "right"), rest: null }];
      case "rest_pattern":
        return [{ target: this.#target(named(node)[0] ?? null), fallback: null, rest: "list" }];
      case "required_parameter":
      case "optional_parameter": {
        const pattern = child(node, "pattern");
        const value = child(node, "value");
        if (pattern?.type === "this") return [];
        if (pattern?.type === "rest_pattern") return this.#param(pattern);
        return [{ target: this.#target(pattern), fallback: value === null ? null : this.expr(value), rest: null }];
      }
      default:
        return [{ target: this.#target(node), fallback: null, rest: null }];
    }
  }

  #class(node: Syntax): ClassForm {
    const name = child(node, "name");
    const heritage = ofType(node, "class_heritage");
    const body = child(node, "body");
    const bases =
      heritage === null
        ? []
        : named(heritage).flatMap((each) => (each.type.endsWith("_clause") ? named(each) : [each]));
    return {
      ...span(node),
      name: name === null ? null : this.#name(name),
      bases: bases.map((each) => this.expr(each)),
      body: (body === null ? [] : named(body)).flatMap((each) => this.#member(each)),
    };
  }

  #member(node: Syntax): readonly Stmt[] {
    const at = span(node);
    switch (node.type) {
      case "method_definition":
        return [{ ...at, do: "function", form: this.#function(node, "this"), decorators: [] }];
      case "field_definition":
      case "public_field_definition": {
        const name = child(node, "property") ?? child(node, "name");
        const value = child(node, "value");
        if (name === null || value === null) return [];
        const target: Expr = { ...span(name), op: "name", name: this.#source(name) };
        return [{ ...at, do: "assign", target, value: this.expr(value), sign: null }];
      }
      case "class_static_block":
        return this.block(child(node, "body"));
      default:
        return [];
    }
  }

  #target(node: Syntax | null): Expr {
    if (node === null) return { start: 0, end: 0, op: "name", name: "_" };
    const at = span(node);
    switch (node.type) {
      case "array_pattern":
        return { ...at, op: "list", items: named(node).map((each) => this.#target(each)) };
      case "rest_pattern":
        return { ...at, op: "spread", of: this.#target(named(node)[0] ?? null) };
      case "assignment_pattern":
      case "object_assignment_pattern":
        return this.#target(child(node, "left"));
      case "object_pattern":
        return {
          ...at,
          op: "dict",
          entries: named(node).flatMap((each) => {
            if (each.type === "pair_pattern") {
              const key = child(each, "key");
              return key === null ? [] : [{ key: this.#key(key), value: this.#target(child(each, "value")) }];
            }
            if (each.type === "rest_pattern") return [];
            const inner = each.type === "object_assignment_pattern" ? (child(each, "left") ?? each) : each;
            const name = this.#source(inner);
            const value: Expr = { ...span(each), op: "name", name };
            return [{ key: { ...span(each), op: "const" as const, value: name }, value }];
          }),
        };
      default:
        return this.expr(node);
    }
  }

  #key(node: Syntax): Expr {
    if (node.type === "property_identifier" || node.type === "private_property_identifier")
      return { ...span(node), op: "const", value: this.#name(node) };
    if (node.type === "computed_property_name") {
      const inner = named(node)[0];
      return inner === undefined ? { ...span(node), op: "mix", of: [] } : this.expr(inner);
    }
    return this.expr(node);
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
      case "shorthand_property_identifier":
      case "shorthand_property_identifier_pattern":
      case "this":
      case "super":
        return { ...at, op: "name", name: this.#name(node) };
      case "import":
        return { ...at, op: "name", name: "import" };
      case "string":
      case "template_string":
        return this.#string(node);
      case "number":
        return { ...at, op: "const", value: Number(this.#source(node).replace(/_/g, "").replace(/n$/, "")) };
      case "true":
      case "false":
        return { ...at, op: "const", value: node.type === "true" };
      case "null":
      case "undefined":
        return { ...at, op: "const", value: null };
      case "regex": {
        const parts = ["pattern", "flags"].map((each): Argument => {
          const part = child(node, each);
          const value = part === null ? "" : this.#source(part);
          return { name: null, value: { ...at, op: "const", value }, spread: null };
        });
        return { ...at, op: "call", fn: { ...at, op: "name", name: "RegExp" }, args: parts, isNew: true };
      }
      case "member_expression":
        return {
          ...at,
          op: "attr",
          of: this.#field(node, "object"),
          name: this.#name(child(node, "property") ?? node),
        };
      case "subscript_expression":
        return { ...at, op: "item", of: this.#field(node, "object"), key: this.#field(node, "index") };
      case "call_expression":
        return this.#call(node);
      case "new_expression":
        return {
          ...at,
          op: "call",
          fn: this.#field(node, "constructor"),
          args: this.#arguments(child(node, "arguments")),
          isNew: true,
        };
      case "binary_expression": {
        const sign = this.#source(child(node, "operator") ?? node);
        const left = this.#field(node, "left");
        const right = this.#field(node, "right");
        if (sign === "&&" || sign === "||")
          return { ...at, op: "first", sign: sign === "&&" ? "and" : "or", left, right };
        if (sign === "??") return { ...at, op: "either", of: [left, right] };
        return { ...at, op: "binary", sign, left, right };
      }
      case "unary_expression":
        return {
          ...at,
          op: "unary",
          sign: this.#source(child(node, "operator") ?? node),
          of: this.#field(node, "argument"),
        };
      case "ternary_expression":
        return {
          ...at,
          op: "choose",
          test: this.#field(node, "condition"),
          first: this.#field(node, "consequence"),
          other: this.#field(node, "alternative"),
        };
      case "parenthesized_expression":
      case "await_expression":
      case "as_expression":
      case "satisfies_expression":
      case "non_null_expression":
      case "type_assertion": {
        const parts = named(node).filter((each) => !isType(each));
        const inner = node.type === "type_assertion" ? parts.at(-1) : parts[0];
        return inner === undefined ? { ...at, op: "mix", of: [] } : this.expr(inner);
      }
      case "sequence_expression": {
        const parts = this.#all(node);
        const last = parts.at(-1);
        return parts.length < 2 || last === undefined
          ? { ...at, op: "mix", of: parts }
          : { ...at, op: "after", first: parts.slice(0, -1), of: last };
      }
      case "array":
        return { ...at, op: "list", items: this.#all(node) };
      case "object":
        return { ...at, op: "dict", entries: named(node).flatMap((each) => this.#entry(each)) };
      case "arrow_function":
        return { ...at, op: "function", form: this.#function(node, "outer") };
      case "function_expression":
      case "generator_function":
        return { ...at, op: "function", form: this.#function(node, "this") };
      case "class":
        return { ...at, op: "class", form: this.#class(node) };
      case "assignment_expression":
        return { ...at, op: "assign", target: this.#target(child(node, "left")), value: this.#field(node, "right") };
      case "augmented_assignment_expression": {
        // Lowered once and used twice: twice at each level of a nest would be without end.
        const target = this.#target(child(node, "left"));
        const sign = this.#source(child(node, "operator") ?? node).replace(/=$/, "");
        const value: Expr = { ...at, op: "binary", sign, left: target, right: this.#field(node, "right") };
        return { ...at, op: "assign", target, value };
      }
      case "update_expression": {
        const target = this.#target(child(node, "argument"));
        const sign = this.#source(child(node, "operator") ?? node).slice(0, 1);
        const one: Expr = { ...at, op: "const", value: 1 };
        const value: Expr = { ...at, op: "binary", sign, left: target, right: one };
        const changed: Expr = { ...at, op: "assign", target, value };
        const isPrefix = node.children[0]?.named === false;
        // What `i++` gives is what `i` was.
        return isPrefix ? changed : { ...at, op: "binary", sign: sign === "+" ? "-" : "+", left: changed, right: one };
      }
      case "spread_element":
        return { ...at, op: "spread", of: this.expr(named(node)[0] ?? node) };
      case "yield_expression":
        return { ...at, op: "mix", of: this.#all(node) };
      case "type_arguments":
      case "type_annotation":
        return { ...at, op: "mix", of: [] };
      default:
        return node.children.length === 0 ? { ...at, op: "mix", of: [] } : { ...at, op: "mix", of: this.#all(node) };
    }
  }

  #call(node: Syntax): Expr {
    const at = span(node);
    const fn = this.#field(node, "function");
    const args = child(node, "arguments");
    if (args?.type === "template_string") {
      return { ...at, op: "call", fn, args: [{ name: null, value: this.expr(args), spread: null }], isNew: false };
    }
    const given = this.#arguments(args);
    const first = given[0]?.value;
    if (fn.op === "name" && fn.name === "import" && first !== undefined) return { ...at, op: "import", name: first };
    return { ...at, op: "call", fn, args: given, isNew: false };
  }

  #arguments(node: Syntax | null): readonly Argument[] {
    if (node === null) return [];
    return named(node).map((each) =>
      each.type === "spread_element"
        ? { name: null, value: this.expr(named(each)[0] ?? each), spread: "list" }
        : { name: null, value: this.expr(each), spread: null },
    );
  }

  #entry(node: Syntax): readonly { readonly key: Expr; readonly value: Expr }[] {
    const at = span(node);
    switch (node.type) {
      case "pair": {
        const key = child(node, "key");
        return key === null ? [] : [{ key: this.#key(key), value: this.#field(node, "value") }];
      }
      case "shorthand_property_identifier":
        return [{ key: { ...at, op: "const", value: this.#source(node) }, value: this.expr(node) }];
      case "method_definition": {
        const name = child(node, "name");
        const value: Expr = { ...at, op: "function", form: this.#function(node, "this") };
        return name === null ? [] : [{ key: this.#key(name), value }];
      }
      case "spread_element":
        return [
          { key: { ...at, op: "mix", of: [] }, value: { ...at, op: "spread", of: this.expr(named(node)[0] ?? node) } },
        ];
      default:
        return [];
    }
  }

  #string(node: Syntax): Expr {
    const at = span(node);
    const parts: Expr[] = [];
    for (const each of node.children) {
      if (each.type === "string_fragment" || each.type === "escape_sequence") {
        const value = unescapeJavaScript(this.#text.slice(each.start, each.end));
        const before = parts.at(-1);
        if (before?.op === "const" && typeof before.value === "string")
          parts[parts.length - 1] = { ...before, end: each.end, value: before.value + value };
        else parts.push({ ...span(each), op: "const", value });
      } else if (each.type === "template_substitution") {
        const inner = named(each)[0];
        if (inner !== undefined) parts.push(this.expr(inner));
      }
    }
    const [only] = parts;
    if (parts.length === 0) return { ...at, op: "const", value: "" };
    if (parts.length === 1 && only?.op === "const") return { ...only, ...at };
    return { ...at, op: "text", parts };
  }
}

/** Functions are there before the statements around them. */
function hoisted(body: readonly Stmt[]): readonly Stmt[] {
  const functions = body.filter((each) => each.do === "function");
  return functions.length === 0 ? body : [...functions, ...body.filter((each) => each.do !== "function")];
}

function isType(node: Syntax): boolean {
  return (
    node.field === "type" ||
    node.type.endsWith("_type") ||
    node.type === "type_identifier" ||
    node.type === "type_arguments"
  );
}

function span(node: Syntax): Span {
  return { start: node.start, end: node.end };
}
