/** What stands in for a masked value. */
const MASK = "••••••";
/** A run this long that mixes letters and digits is taken for a key: words of a language are shorter or have no digits. */
const LONG_RUN = /[A-Za-z0-9+/_=-]{20,}/g;
const LITERAL = /(["'`])((?:(?!\1)[^\\]|\\.){4,})\1/g;
const VALUE_OF_ASSIGNMENT = /([:=]\s*)([^\s"'`,;]{6,})/g;

/** Hides whatever looks like a key in a line of source. Linear in its length. */
export function maskKeys(line: string): string {
  return line.replace(LONG_RUN, (run) =>
    /\d/.test(run) && /[A-Za-z]/.test(run) ? `${run.slice(0, 3)}${MASK}` : run,
  );
}

/** Hides every literal and assigned value: for lines that a tool says hold a secret. */
export function maskValues(line: string): string {
  return maskKeys(
    line
      .replace(LITERAL, (_, quote: string) => `${quote}${MASK}${quote}`)
      .replace(VALUE_OF_ASSIGNMENT, (_, sign: string) => `${sign}${MASK}`),
  );
}

/** Weaknesses whose findings point at the secret itself: hard-coded credentials, passwords and keys. */
const SECRET_WEAKNESSES = new Set(["CWE-259", "CWE-321", "CWE-798"]);

/** Whether the place of a finding holds a secret. */
export function isAboutSecret({
  rule,
  cwe,
}: {
  readonly rule: string;
  readonly cwe?: string;
}): boolean {
  if (cwe !== undefined && SECRET_WEAKNESSES.has(cwe)) return true;
  return /secret|credential|password|token|api-?key|private-?key/i.test(rule);
}
