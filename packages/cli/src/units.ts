/** Quantities as people write them: `64m`, `1g`, `500ms`, `2s`. Each parser says exactly what it wants. */
import { usageFailure } from "./failure.ts";

const byteUnits: Readonly<Record<string, number>> = {
  "": 1,
  b: 1,
  k: 1024,
  kb: 1024,
  kib: 1024,
  m: 1024 ** 2,
  mb: 1024 ** 2,
  mib: 1024 ** 2,
  g: 1024 ** 3,
  gb: 1024 ** 3,
  gib: 1024 ** 3,
};
const durationUnits: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

/** A number with one of the units, as a whole count of the smallest. */
function measured(text: string, units: Readonly<Record<string, number>>, flag: string, wanted: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const factor = match ? units[(match[2] ?? "").toLowerCase()] : undefined;
  if (!match || factor === undefined) throw usageFailure(`${flag} wants ${wanted}, not ${JSON.stringify(text)}`);
  const value = Number(match[1]) * factor;
  if (!Number.isSafeInteger(Math.round(value))) throw usageFailure(`${flag}: ${text} is too large`);
  if (value > 0 && Math.round(value) === 0) throw usageFailure(`${flag}: ${text} is less than the smallest unit`);
  return Math.round(value);
}

/** Bytes: a bare number is bytes, the units are powers of 1024. */
export function parseBytes(text: string, flag: string): number {
  return measured(text, byteUnits, flag, "an amount such as 64m, 1g or 65536 (k, m and g are powers of 1024)");
}

/** Milliseconds. A bare number is refused: it could be meant as seconds or as milliseconds. */
export function parseDuration(text: string, flag: string): number {
  return measured(text, durationUnits, flag, "a time with its unit, such as 500ms, 10s, 5m or 1h");
}

/** A whole number. */
export function parseCount(text: string, flag: string): number {
  if (!/^\d+$/.test(text.trim())) throw usageFailure(`${flag} wants a whole number, not ${JSON.stringify(text)}`);
  return measured(text, { "": 1 }, flag, "a whole number");
}

/** Cores: a number that may have a fraction. */
export function parseCores(text: string, flag: string): number {
  if (!/^\d+(\.\d+)?$/.test(text.trim()))
    throw usageFailure(`${flag} wants a number of cores such as 1 or 0.5, not ${JSON.stringify(text)}`);
  return Number(text);
}

/** Milliseconds for people: `0.7 ms`, `12 ms`, `3.4 s`, `2 min 5 s`. */
export function showDuration(ms: number): string {
  if (ms > 0 && ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  return `${Math.floor(seconds / 3600)} h ${Math.floor((seconds % 3600) / 60)} min`;
}

/** Bytes for people: `512 B`, `1.5 KiB`, `64 MiB`. */
export function showBytes(bytes: number): string {
  const units = ["B", "KiB", "MiB", "GiB", "TiB"];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number.isInteger(value) || unit === 0 ? value : value.toFixed(1)} ${units[unit] ?? ""}`;
}

/** How long ago something was, roughly: `12s`, `5m`, `3h`, `8d`. */
export function showAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 7_200) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 172_800) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
