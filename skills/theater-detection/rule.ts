import type { Finding, Severity } from "../finding.ts";
import type { CodeFacts, FunctionFacts, Place, Statement, Value } from "./facts.ts";

export interface Found extends Place {
  readonly confidence: NonNullable<Finding["confidence"]>;
  /** What it is about, such as the name of the function; "" when the place says it all. */
  readonly subject: string;
}

/** One kind of code that only looks as if it worked. */
export interface Rule {
  readonly id: `theater/${string}`;
  readonly severity: Severity;
  /** Files that it looks at. */
  readonly looksAt: "sources" | "tests" | "all";
  /** Why it is theatre. */
  readonly message: string;
  readonly fix: string;
  /** Contract: pure. */
  find(code: CodeFacts): readonly Found[];
}

export function found(
  { line, column }: Place,
  confidence: Found["confidence"],
  subject = "",
): Found {
  return { line, column, confidence, subject };
}

/** Statements that do something or answer something. */
export function deeds({ statements }: Pick<FunctionFacts, "statements">): readonly Statement[] {
  return statements.filter(({ kind }) => kind !== "nothing");
}

/** Statements that are there for show: they wait, log or answer what stands in the code. */
export function isOnlyShow(statements: readonly Statement[]): boolean {
  return statements.every(
    ({ kind, value }) =>
      kind === "wait" ||
      kind === "log" ||
      kind === "nothing" ||
      (kind === "return" && (value === undefined || value.isConstant)),
  );
}

const SUCCESS =
  /^(?:true|True|Ok\(\(\)\)|Ok\(true\)|Promise\.resolve\(true\)|["'](?:ok|OK|success|succeeded|passed|done)["'])$|\b(?:success|succeeded|ok|valid|isValid|passed|verified|authorized|authenticated|allowed)["']?\s*[:=]\s*(?:true|True)\b|\bstatus["']?\s*[:=]\s*["'](?:ok|OK|success|succeeded|passed|completed|healthy)["']/;

/** Whether a value that stands in the code tells of success. */
export function tellsSuccess(value: Value | undefined): boolean {
  return value?.isConstant === true && SUCCESS.test(value.text);
}

/** Values that mean that there is nothing. */
export function isNothing({ text }: Value): boolean {
  return /^(?:null|undefined|nil|None|false|False|0|""|''|``|\[\]|\{\}|\(\)|Ok\(\(\)\)|Vec::new\(\)|new (?:Map|Set)\(\))$/.test(
    text,
  );
}

/** Whether the names say that a thing is meant to do nothing or to stand for another. */
export function isDeliberate({ name, owner }: Pick<FunctionFacts, "name" | "owner">): boolean {
  return /no.?op|null|nothing|discard|ignore|silent|fake|mock|stub|dummy|empty|unused|default|always|never/i.test(
    `${name} ${owner}`,
  );
}
