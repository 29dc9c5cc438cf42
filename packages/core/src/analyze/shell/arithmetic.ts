/** Sums of Bash: `$((…))`, `let`, `for ((…))`, and the places of slices. Whole numbers; `null` where something is not known. */

/** What a sum reads and changes. */
export interface Sums {
  /** The text of a variable, or of an element of an array; `null` where it is not known. */
  read(name: string, index: string | null): string | null;
  write(name: string, index: string | null, value: number): void;
}

const mostSigns = 4_000;
const levels: readonly (readonly string[])[] = [
  ["||"],
  ["&&"],
  ["|"],
  ["^"],
  ["&"],
  ["==", "!="],
  ["<=", ">=", "<", ">"],
  ["<<", ">>"],
  ["+", "-"],
  ["*", "/", "%"],
  ["**"],
];

/** The value of a sum; `null` when it is not known or no sum. */
export function sumOf(source: string, sums: Sums, depth = 0): number | null {
  const signs =
    source.match(
      /\d+#[0-9A-Za-z@_]+|0[xX][0-9a-fA-F]+|\d+|[A-Za-z_]\w*|<<=|>>=|\*\*|\+\+|--|<<|>>|[-+*/%&|^<>=!]=|&&|\|\||[-+*/%()~!<>&^|?:=,[\]]|\S/g,
    ) ?? [];
  if (signs.length === 0) return 0;
  if (signs.length > mostSigns || depth > 8) return null;
  let at = 0;
  const take = (sign: string): boolean => {
    if (signs[at] !== sign) return false;
    at += 1;
    return true;
  };
  const comma = (deep: number): number | null => {
    let value = assigned(deep);
    while (take(",")) value = assigned(deep);
    return value;
  };
  /** A name, with the text between its brackets. */
  const place = (): { readonly name: string; readonly index: string | null } | null => {
    const name = signs[at];
    if (name === undefined || !/^[A-Za-z_]\w*$/.test(name)) return null;
    at += 1;
    if (signs[at] !== "[") return { name, index: null };
    const inner: string[] = [];
    let open = 0;
    do {
      if (signs[at] === "[") open += 1;
      if (signs[at] === "]") open -= 1;
      inner.push(signs[at] ?? "");
      at += 1;
    } while (open > 0 && at < signs.length);
    return { name, index: inner.slice(1, -1).join(" ") };
  };
  const read = (name: string, index: string | null): number | null => {
    const text = sums.read(name, index);
    if (text === null) return null;
    if (/^\s*$/.test(text)) return 0;
    return /^\s*-?\d+\s*$/.test(text) && !/^\s*-?0\d/.test(text) ? Number(text) : sumOf(text, sums, depth + 1);
  };
  const assigned = (deep: number): number | null => {
    if (deep > 60) return null;
    const start = at;
    const target = place();
    const sign = signs[at];
    if (target !== null && sign !== undefined && /^(?:<<|>>|[-+*/%&|^])?=$/.test(sign)) {
      at += 1;
      const right = assigned(deep + 1);
      const before = sign === "=" ? 0 : read(target.name, target.index);
      const value =
        sign === "=" ? right : right === null || before === null ? null : operate(sign.slice(0, -1), before, right);
      if (value !== null) sums.write(target.name, target.index, value);
      return value;
    }
    at = start;
    return chosen(deep + 1);
  };
  const chosen = (deep: number): number | null => {
    const test = binary(0, deep);
    if (!take("?")) return test;
    const yes = assigned(deep + 1);
    if (!take(":")) return null;
    const no = assigned(deep + 1);
    return test === null ? null : test !== 0 ? yes : no;
  };
  const binary = (level: number, deep: number): number | null => {
    const own = levels[level];
    if (own === undefined) return unary(deep);
    let left = binary(level + 1, deep);
    for (;;) {
      const sign = signs[at];
      if (sign === undefined || !own.includes(sign)) return left;
      at += 1;
      const right = binary(sign === "**" ? level : level + 1, deep);
      left = left === null || right === null ? null : operate(sign, left, right);
    }
  };
  const unary = (deep: number): number | null => {
    if (deep > 60) return null;
    const sign = signs[at];
    if (sign === undefined) return null;
    if (sign === "++" || sign === "--") {
      at += 1;
      const target = place();
      const before = target === null ? null : read(target.name, target.index);
      if (target === null || before === null) return null;
      const value = before + (sign === "++" ? 1 : -1);
      sums.write(target.name, target.index, value);
      return value;
    }
    if ("-+!~".includes(sign) && sign.length === 1) {
      at += 1;
      const value = unary(deep + 1);
      if (value === null) return null;
      return sign === "-" ? -value : sign === "+" ? value : sign === "!" ? Number(value === 0) : ~value;
    }
    if (take("(")) {
      const value = comma(deep + 1);
      return take(")") ? value : null;
    }
    const target = place();
    if (target !== null) {
      const value = read(target.name, target.index);
      const after = signs[at];
      if (after === "++" || after === "--") {
        at += 1;
        if (value !== null) sums.write(target.name, target.index, value + (after === "++" ? 1 : -1));
      }
      return value;
    }
    at += 1;
    return numberOf(sign);
  };
  const value = comma(0);
  return at < signs.length ? null : value;
}

function numberOf(text: string): number | null {
  const based = /^(\d+)#([0-9A-Za-z@_]+)$/.exec(text);
  if (based !== null) {
    const base = Number(based[1]);
    const digits = based[2] ?? "";
    if (base < 2 || base > 64) return null;
    let value = 0;
    for (const digit of digits) {
      const one = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ@_".indexOf(
        base <= 36 ? digit.toLowerCase() : digit,
      );
      if (one < 0 || one >= base) return null;
      value = value * base + one;
    }
    return value;
  }
  if (/^0[xX][0-9a-fA-F]+$/.test(text)) return Number(text);
  if (/^0[0-7]+$/.test(text)) return Number.parseInt(text, 8);
  return /^\d+$/.test(text) ? Number(text) : null;
}

function operate(sign: string, a: number, b: number): number | null {
  switch (sign) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0 ? null : Math.trunc(a / b);
    case "%":
      return b === 0 ? null : a % b;
    case "**":
      return b < 0 || b > 1024 ? null : a ** b;
    case "<<":
      return b < 0 || b > 62 ? null : a * 2 ** b;
    case ">>":
      return b < 0 || b > 62 ? null : Math.floor(a / 2 ** b);
    case "&":
    case "|":
    case "^":
      return bits(sign, a, b);
    case "&&":
      return Number(a !== 0 && b !== 0);
    case "||":
      return Number(a !== 0 || b !== 0);
    case "==":
      return Number(a === b);
    case "!=":
      return Number(a !== b);
    case "<":
      return Number(a < b);
    case ">":
      return Number(a > b);
    case "<=":
      return Number(a <= b);
    case ">=":
      return Number(a >= b);
    default:
      return null;
  }
}

function bits(sign: string, a: number, b: number): number | null {
  if (!Number.isSafeInteger(a) || !Number.isSafeInteger(b)) return null;
  const [left, right] = [BigInt(a), BigInt(b)];
  return Number(sign === "&" ? left & right : sign === "|" ? left | right : left ^ right);
}
