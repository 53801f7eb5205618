/** The reason is what makes a suppression one. All repetitions are bounded or end at the line's end. */
const COMMENT =
  /(?:\/\/|\/\*|#|<!--|--|;|^\s{0,200}\*)[^\n]{0,200}?\bcascade-ignore ([a-z]{1,20}\/[a-z0-9-]{1,80}):[ \t]*(\S?)/;

/** Which rules the comments of a text silence, by line, counted from 1. */
export type Suppressions = ReadonlyMap<number, ReadonlySet<string>>;

/** Reads `cascade-ignore <family>/<rule>: <reason>` comments of any language. Each silences its own line, and the next when no code stands before it. */
export function readSuppressions(text: string): Suppressions {
  const byLine = new Map<number, Set<string>>();
  if (!text.includes("cascade-ignore ")) return byLine;
  for (const [index, line] of text.split("\n").entries()) {
    if (!line.includes("cascade-ignore ")) continue;
    const [, rule, reason] = COMMENT.exec(line.slice(0, 1_000)) ?? [];
    if (rule === undefined || reason === undefined || /^(?:$|\*|-)/.test(reason)) continue;
    const isAlone = /^\s{0,200}(?:\/\/|\/\*|#|<!--|--|;|\*)/.test(line);
    for (const silenced of isAlone ? [index + 1, index + 2] : [index + 1]) {
      byLine.set(silenced, (byLine.get(silenced) ?? new Set()).add(rule));
    }
  }
  return byLine;
}

export function isSuppressed(
  suppressions: Suppressions,
  { line, rule }: { readonly line: number; readonly rule: string },
): boolean {
  return suppressions.get(line)?.has(rule) ?? false;
}
