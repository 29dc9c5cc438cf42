/**
 * The commands in a shell's text, as far as words tell: what is quoted stays together, what is substituted is walked as well, and
 * here-documents go with their command. Pure. No grammar: whatever could be a command is one.
 */

export interface Word {
  /** Without its quotes. */
  readonly text: string;
  /** Where it begins with something that is only known while it runs. */
  readonly startsDynamic: boolean;
  readonly isDynamic: boolean;
  /** Whether the shell makes other words of it. */
  readonly expands: boolean;
}

export interface Command {
  readonly words: readonly Word[];
  /** Files that it reads as its input, and files that it writes. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Texts that stand there as its input. */
  readonly documents: readonly string[];
  /** Whether it may read what a command before it prints. */
  readonly isPiped: boolean;
}

export interface ShellText {
  readonly commands: readonly Command[];
  /** A quote, or a here-document, that does not end: anything may be in it. */
  readonly isBroken: boolean;
}

const deepest = 16;
/** A sum, in which no command can stand. */
const arithmetic = /^\(\([\w\s+\-*/%<>=!&|^~?:,]*\)\)$/;
const ends = /[\s;&|()<>]/;

/** Every command, those that are substituted included. */
export function commandsOf(text: string, depth = 0): ShellText {
  if (depth > deepest) return { commands: [], isBroken: true };
  const reading = new Reading(text, depth);
  reading.all();
  return { commands: reading.commands, isBroken: reading.isBroken };
}

class Reading {
  readonly commands: Command[] = [];
  isBroken = false;
  readonly #text: string;
  readonly #depth: number;
  #at = 0;
  #words: Word[] = [];
  #inputs: string[] = [];
  #outputs: string[] = [];
  #documents: string[] = [];
  /** From the first pipe on: what stands behind it may stand in a loop. */
  #isPiped = false;
  /** Here-documents whose text begins on the next line. */
  #awaited: { end: string; isQuoted: boolean; indented: boolean; into: string[] }[] = [];

  constructor(text: string, depth: number) {
    this.#text = text;
    this.#depth = depth;
  }

  all(): void {
    while (this.#at < this.#text.length) this.#next();
    this.#end();
    if (this.#awaited.length > 0) this.isBroken = true;
  }

  #next(): void {
    const rest = this.#text.slice(this.#at, this.#at + 64);
    const redirection = /^\d*(?:&>>?|<<<|<<-?|<>|<&|>&|>>|>\||<\(|>\(|[<>])/.exec(rest)?.[0];
    if (rest[0] === "\n") {
      this.#at += 1;
      this.#end();
      this.#readDocuments();
    } else if (/^\\\n/.test(rest)) this.#at += 2;
    else if (/^\s/.test(rest)) this.#at += 1;
    else if (rest[0] === "#") this.#at = indexOr(this.#text.indexOf("\n", this.#at), this.#text.length);
    else if (redirection !== undefined) this.#redirected(redirection);
    else if (/^[;&|()]/.test(rest)) {
      const isPipe = /^\|(?!\|)/.test(rest);
      this.#at += /^\|\|/.test(rest) ? 2 : 1;
      this.#end();
      this.#isPiped ||= isPipe;
    } else this.#words.push(this.#word());
  }

  #redirected(sign: string): void {
    this.#at += sign.length;
    if (sign.endsWith("(")) {
      // What such a command prints is read as a file.
      this.#end();
      return;
    }
    while (/[ \t]/.test(this.#text[this.#at] ?? "")) this.#at += 1;
    const quoted = /^["'\\]/.test(this.#text[this.#at] ?? "");
    const word = this.#word();
    if (sign.endsWith("<<<")) this.#documents.push(word.text);
    else if (/<<-?$/.test(sign))
      this.#awaited.push({ end: word.text, isQuoted: quoted, indented: sign.endsWith("-"), into: this.#documents });
    else if (sign.includes(">")) this.#outputs.push(word.expands ? "$" : word.text);
    // A number that was opened before says nothing about what it is.
    else this.#inputs.push(word.expands || sign.endsWith("&") ? "$" : word.text);
  }

  #end(): void {
    const isEmpty = this.#words.length + this.#inputs.length + this.#outputs.length + this.#documents.length === 0;
    if (!isEmpty || this.#awaited.length > 0)
      this.commands.push({
        words: this.#words,
        inputs: this.#inputs,
        outputs: this.#outputs,
        documents: this.#documents,
        isPiped: this.#isPiped,
      });
    this.#words = [];
    this.#inputs = [];
    this.#outputs = [];
    this.#documents = [];
  }

  #readDocuments(): void {
    for (const { end, isQuoted, indented, into } of this.#awaited.splice(0)) {
      const lines: string[] = [];
      for (;;) {
        if (this.#at >= this.#text.length) {
          this.isBroken = true;
          break;
        }
        const until = indexOr(this.#text.indexOf("\n", this.#at), this.#text.length);
        const line = this.#text.slice(this.#at, until);
        this.#at = until + 1;
        if ((indented ? line.replace(/^\t+/, "") : line) === end) break;
        lines.push(line);
      }
      const document = lines.join("\n");
      into.push(document);
      if (!isQuoted && /[$`]/.test(document)) this.#nested(document);
    }
  }

  /** Commands that a text within quotes substitutes. */
  #nested(text: string): void {
    for (const [, open] of text.matchAll(/\$\(([\s\S]*)/g)) this.#add(open ?? "");
    for (const [, inner] of text.matchAll(/`([^`]*)`?/g)) this.#add(inner ?? "");
  }

  #add(text: string): void {
    const { commands, isBroken } = commandsOf(text, this.#depth + 1);
    for (const each of commands) this.commands.push(each);
    // What follows a text within quotes need not be whole.
    if (this.#depth + 1 > deepest) this.isBroken ||= isBroken;
  }

  #word(): Word {
    let text = "";
    let isDynamic = false;
    let startsDynamic = false;
    let expands = false;
    const begins = this.#at;
    const dynamic = () => {
      isDynamic = true;
      startsDynamic ||= text === "";
    };
    while (this.#at < this.#text.length) {
      const sign = this.#text[this.#at] ?? "";
      if (ends.test(sign)) break;
      this.#at += 1;
      if (sign === "\\") {
        text += this.#text[this.#at] === "\n" ? "" : (this.#text[this.#at] ?? "");
        this.#at += 1;
      } else if (sign === "'") {
        text += this.#upTo("'");
      } else if (sign === '"') {
        const inside = this.#doubleQuoted();
        if (/[$`]/.test(inside)) dynamic();
        text += inside;
      } else if (sign === "$" || sign === "`") {
        dynamic();
        expands = true;
        text += sign;
        if (sign === "$" && this.#text[this.#at] === "'") {
          this.#at += 1;
          text += this.#ansi();
        } else if (sign === "$" && this.#text[this.#at] === "(") {
          const inner = this.#balanced();
          text += inner;
          if (!arithmetic.test(inner)) this.#add(inner.slice(1, -1));
        } else if (sign === "$" && this.#text[this.#at] === "{") text += this.#braced();
        else if (sign === "`") {
          const inner = this.#backticked();
          text += `${inner}\``;
          this.#add(inner);
        }
      } else {
        if (/[*?[{~]/.test(sign) && !(sign === "{" && /[\s}]/.test(this.#text[this.#at] ?? " "))) expands = true;
        text += sign;
      }
    }
    // Whatever happens, something is read.
    if (this.#at === begins) this.#at += 1;
    return { text, isDynamic, startsDynamic, expands: expands && !/^(\[\[?|\{)$/.test(text) };
  }

  #upTo(sign: string): string {
    const until = this.#text.indexOf(sign, this.#at);
    if (until < 0) this.isBroken = true;
    const inside = this.#text.slice(this.#at, indexOr(until, this.#text.length));
    this.#at += inside.length + 1;
    return inside;
  }

  #backticked(): string {
    const inside = this.#upTo("`");
    if (inside.includes("\\")) this.isBroken = true;
    return inside;
  }

  #ansi(): string {
    const inside = this.#match(/(?:[^'\\]|\\[\s\S])*/y);
    this.#at += inside.length + 1;
    if (this.#at > this.#text.length) this.isBroken = true;
    return inside;
  }

  #match(what: RegExp): string {
    what.lastIndex = this.#at;
    return what.exec(this.#text)?.[0] ?? "";
  }

  #doubleQuoted(): string {
    let text = "";
    while (this.#at < this.#text.length) {
      const sign = this.#text[this.#at] ?? "";
      this.#at += 1;
      if (sign === '"') return text;
      if (sign === "\\") {
        const next = this.#text[this.#at] ?? "";
        // What is escaped is no variable; where a character says so, it stands for itself.
        text += /[$`"\\]/.test(next) ? next.replace(/[$`]/, "\u0001") : next === "\n" ? "" : `\\${next}`;
        this.#at += 1;
      } else if (sign === "$" && this.#text[this.#at] === "{") text += `$${this.#braced()}`;
      else if (sign === "$" && this.#text[this.#at] === "(") {
        const inner = this.#balanced();
        text += `$${inner}`;
        if (!arithmetic.test(inner)) this.#add(inner.slice(1, -1));
      } else if (sign === "`") {
        const inner = this.#backticked();
        text += `\`${inner}\``;
        this.#add(inner);
      } else text += sign;
    }
    this.isBroken = true;
    return text;
  }

  /** From a parenthesis to the one that closes it; quotes in between stay together. */
  #balanced(): string {
    const from = this.#at;
    let depth = 0;
    while (this.#at < this.#text.length) {
      const sign = this.#text[this.#at] ?? "";
      this.#at += 1;
      if (sign === "(") depth += 1;
      else if (sign === ")") depth -= 1;
      else if (sign === "\\") this.#at += 1;
      else if (sign === "'") this.#upTo("'");
      else if (sign === '"') {
        this.#at += this.#match(/(?:[^"\\]|\\[\s\S])*/y).length + 1;
      }
      if (depth === 0) {
        const inside = this.#text.slice(from, this.#at);
        // Its patterns end with a parenthesis that nothing opens.
        if (/\bcase\s/.test(inside)) this.isBroken = true;
        return inside;
      }
    }
    this.isBroken = true;
    return this.#text.slice(from);
  }

  /** `${…}`: what is substituted in there is walked. */
  #braced(): string {
    const inside = this.#upTo("}");
    // Where it ends is then for a shell to say.
    if (/["'\\{]/.test(inside.slice(1))) this.isBroken = true;
    this.#nested(inside);
    return `${inside}}`;
  }
}

function indexOr(index: number, other: number): number {
  return index < 0 ? other : index;
}
