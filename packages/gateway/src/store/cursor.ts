/** Opaque cursors: where a page ended. They name no total and work on when rows come and go. */

/** A position in a list that is ordered by a number and then a text. */
export interface Position {
  readonly at: number;
  readonly id: string;
}

export function encodeCursor(kind: string, position: Position): string {
  return Buffer.from(`${kind}1 ${position.at} ${position.id}`).toString("base64url");
}

/** `null` for a text that is no cursor of this kind. */
export function decodeCursor(kind: string, cursor: string): Position | null {
  if (cursor.length > 256) return null;
  const match = /^([a-z]+1) (\d{1,15}) ([a-z0-9-]{0,64})$/.exec(Buffer.from(cursor, "base64url").toString("latin1"));
  if (match?.[1] !== `${kind}1`) return null;
  return { at: Number(match[2]), id: match[3] ?? "" };
}
