/** What kinds of failures there are, as far as they say where to look. */
export type FailureKind =
  | "missing-value"
  | "not-a-function"
  | "unknown-name"
  | "missing-module"
  | "missing-file"
  | "no-permission"
  | "no-connection"
  | "timeout"
  | "assertion"
  | "wrong-type"
  | "out-of-range"
  | "unreadable-data"
  | "out-of-memory"
  | "endless-recursion"
  | "other";

export interface Failure {
  readonly kind: FailureKind;
  /** The line that says what failed. */
  readonly message: string;
  /** Names in the code that the message is about, such as the property that was read. */
  readonly names: readonly string[];
}

interface Form {
  readonly kind: FailureKind;
  readonly form: RegExp;
}

const FORMS: readonly Form[] = [
  {
    kind: "missing-value",
    form: /Cannot (?:read|set) propert(?:y|ies) of (?:undefined|null)(?: \((?:reading|setting) '(?<name>[^']{1,100})'\))?|undefined is not an object|NullPointerException|nil pointer dereference|'NoneType' object (?:has no attribute '(?<name2>[^']{1,100})'|is not)|called `Option::unwrap\(\)` on a `None` value|KeyError: '?(?<name3>\w{1,100})/,
  },
  {
    kind: "not-a-function",
    form: /(?<name>[\w$.]{1,100}) is not (?:a function|a constructor|iterable)|NoSuchMethodError|object is not callable|has no attribute '(?<name2>[^']{1,100})'/,
  },
  {
    kind: "unknown-name",
    form: /(?<name>[\w$]{1,100}) is not defined|name '(?<name2>\w{1,100})' is not defined|undefined: (?<name3>\w{1,100})|cannot find symbol|cannot find value `(?<name4>\w{1,100})`|Cannot find name '(?<name5>\w{1,100})'|Cannot access '(?<name6>\w{1,100})' before initialization/,
  },
  {
    kind: "missing-module",
    form: /Cannot find (?:module|package) '(?<name>[^']{1,200})'|ERR_MODULE_NOT_FOUND\]?:?(?: Cannot find (?:module|package) '(?<name4>[^']{1,200})')?|No module named '?(?<name2>[\w.]{1,200})|ClassNotFoundException|does not provide an export named '(?<name3>\w{1,100})'/,
  },
  {
    kind: "missing-file",
    form: /ENOENT(?:: no such file or directory, \w+ '(?<name>[^']{1,300})')?|FileNotFoundError|no such file or directory|NoSuchFileException/i,
  },
  {
    kind: "no-permission",
    form: /EACCES|EPERM|permission denied|PermissionError|AccessDeniedException/i,
  },
  {
    kind: "no-connection",
    form: /ECONNREFUSED|ECONNRESET|ENOTFOUND|EHOSTUNREACH|connection refused|ConnectionError|no route to host/i,
  },
  { kind: "timeout", form: /ETIMEDOUT|timed? ?out|TimeoutError|deadline exceeded/i },
  { kind: "out-of-memory", form: /heap out of memory|OutOfMemoryError|MemoryError|ENOMEM/ },
  {
    kind: "endless-recursion",
    form: /Maximum call stack size exceeded|RecursionError|StackOverflowError|stack overflow/,
  },
  {
    kind: "out-of-range",
    form: /index out of (?:range|bounds)|IndexError|ArrayIndexOutOfBounds|RangeError|divide by zero|ZeroDivisionError/i,
  },
  {
    kind: "unreadable-data",
    form: /Unexpected (?:token|end of JSON)|JSONDecodeError|SyntaxError|invalid character .{1,20} looking for|parse error|ParseException/i,
  },
  {
    kind: "assertion",
    form: /AssertionError|AssertionFailedError|assertion .{0,20}failed|expected .{1,200} (?:to |but |got )|^\s*(?:E\s+)?assert /im,
  },
  {
    kind: "wrong-type",
    form: /TypeError|ClassCastException|mismatched types|is not assignable to|cannot use .{1,80} as/,
  },
];

const LONGEST_LOG = 200_000;
const LONGEST_MESSAGE = 500;
const SAYS_ERROR =
  /^\s*(?:[\w.$]{0,100}(?:Error|Exception|Failure)\b.{0,20}?:|panic:|fatal:|error(?:\[\w+\])?:|FAIL\b|thread '.{1,80}' panicked|Caused by:|Uncaught|E\s{2,}\S)/i;

/** What a log says has failed; undefined when it says nothing of the kind. The last cause that is told is the nearest. Pure. */
export function failureIn(log: string): Failure | undefined {
  const lines = log
    .slice(-LONGEST_LOG)
    .split("\n")
    .map((line) => line.slice(0, 2_000));
  const telling = [
    ...lines.filter((line) => /^\s*(?:Caused by:|\[cause\]:)/.test(line)).slice(-1),
    ...lines.filter((line) => SAYS_ERROR.test(line)),
    ...lines,
  ];
  for (const line of telling) {
    const form = FORMS.find((each) => each.form.test(line));
    if (form !== undefined)
      return { kind: form.kind, message: messageOf(line), names: namesIn(form, line) };
  }
  const [first] = lines.filter((line) => SAYS_ERROR.test(line));
  return first === undefined ? undefined : { kind: "other", message: messageOf(first), names: [] };
}

function messageOf(line: string): string {
  return line
    .trim()
    .replace(/^(?:E\s{2,}|Caused by:\s*|\[cause\]:\s*|Uncaught\s+)/, "")
    .slice(0, LONGEST_MESSAGE);
}

function namesIn({ form }: Form, line: string): string[] {
  const groups = Object.values(form.exec(line)?.groups ?? {}).filter((name) => name !== undefined);
  return groups.flatMap((name) => name.split(".")).filter((name) => /^[\w$]{2,}$/.test(name));
}

/** The longest run of a message that the program's own text may hold, without what differs from time to time. */
export function fixedText(message: string): string | undefined {
  const runs = message
    .replace(/^[\w.$]*(?:Error|Exception)(?: \[\w+\])?:\s*/, "")
    .split(/["'`][^"'`]*["'`]|\d+|[/\\]\S+|\$\{[^}]*\}|[{}<>]/)
    .map((run) => run.trim())
    .filter((run) => run.length >= 12 && /\s/.test(run));
  return runs.sort((a, b) => b.length - a.length)[0];
}
