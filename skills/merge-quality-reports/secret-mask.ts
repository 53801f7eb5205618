/** What stands in for a masked value. */
const MASK = "••••••";
/** A run this long that mixes letters and digits is taken for a key: words of a language are shorter or have no digits. */
const LONG_RUN = /[A-Za-z0-9+/_=-]{20,}/g;
/** What is looked at of a line. Longer lines are data, and searching them for quotes takes the square of their length. */
const SEARCHED = 1_000;
const PASSWORD_IN_ADDRESS = /(:\/\/[^\s/:@]{0,100}:)[^\s/@]{1,200}@/g;
const LITERAL = /(["'`])(?:(?!\1)[^\\]|\\.)+\1/g;
const ASSIGNED = /([:=])[ \t]*[^\s"'`,;][^"'`,;]*/g;

/** The beginning of a line of source without whatever looks like a key or password. */
export function maskKeys(line: string): string {
  const start = line.slice(0, SEARCHED);
  // A key that the cut goes through may be too short to be told.
  const whole = line.length > SEARCHED ? start.replace(/[A-Za-z0-9+/_=-]{1,100}$/, "") : start;
  return whole
    .replace(PASSWORD_IN_ADDRESS, `$1${MASK}@`)
    .replace(LONG_RUN, (run) =>
      /\d/.test(run) && /[A-Za-z]/.test(run) ? `${run.slice(0, 3)}${MASK}` : run,
    );
}

/** Hides every literal and assigned value too: for lines that a tool says hold a secret. */
export function maskValues(line: string): string {
  return maskKeys(
    line.slice(0, SEARCHED).replace(LITERAL, `$1${MASK}$1`).replace(ASSIGNED, `$1 ${MASK}`),
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
