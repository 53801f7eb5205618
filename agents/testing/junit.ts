import sax from "sax";

/** A test as a JUnit report has it. */
export interface JunitCase {
  readonly name: string;
  readonly className: string;
  readonly file: string | undefined;
  /** Names of the suites it stands in, the outermost first. */
  readonly suites: readonly string[];
  readonly status: "passed" | "failed" | "skipped";
  readonly message: string;
}

/**
 * The tests of a JUnit report, in its order, from nested suites too. A test that is skipped is no failure, whatever else it says.
 * @throws Error when it is not one well-formed XML document with a `<testsuites>` or `<testsuite>`
 */
export function readJunit(text: string): readonly JunitCase[] {
  const cases: JunitCase[] = [];
  const suites: string[] = [];
  let open: OpenCase | undefined;
  let isMessage = false;
  let root: string | undefined;
  let depth = 0;
  const parser = sax.parser(true, { xmlns: false, position: false });
  parser.onopentag = ({ name, attributes }) => {
    const given = attributes as Record<string, string>;
    if (depth++ === 0) {
      if (root !== undefined) throw new Error("there is something after the report");
      root = name;
      if (!ROOTS.has(name)) throw new Error(`<${name}> is no JUnit report`);
    }
    if (name === "testsuite") suites.push(given["name"] ?? "");
    if (name === "testcase") open = openCase(given, [...suites]);
    if (open === undefined) return;
    if (name === "skipped") open.isSkipped = true;
    if (name === "failure" || name === "error") {
      open.isFailed = true;
      isMessage = true;
      open.messages.push(given["message"] ?? "");
    }
  };
  const onText = (content: string): void => {
    if (isMessage) open?.messages.push(content);
  };
  parser.ontext = onText;
  parser.oncdata = onText;
  parser.onclosetag = (name) => {
    depth -= 1;
    if (name === "testsuite") suites.pop();
    if (name === "failure" || name === "error") isMessage = false;
    if (name !== "testcase" || open === undefined) return;
    cases.push(closed(open));
    open = undefined;
  };
  parser.onerror = (error) => {
    throw new Error(`not XML: ${error.message.split("\n")[0]}`);
  };
  parser.write(text).close();
  if (root === undefined) throw new Error("the report is empty");
  return cases;
}

const ROOTS: ReadonlySet<string> = new Set(["testsuites", "testsuite"]);

interface OpenCase {
  readonly name: string;
  readonly className: string;
  readonly file: string | undefined;
  readonly suites: readonly string[];
  readonly messages: string[];
  isFailed: boolean;
  isSkipped: boolean;
}

function openCase(given: Readonly<Record<string, string>>, suites: readonly string[]): OpenCase {
  return {
    name: given["name"] ?? "",
    className: given["classname"] ?? "",
    file: given["file"],
    suites,
    messages: [],
    isFailed: false,
    isSkipped: false,
  };
}

function closed({ messages, isFailed, isSkipped, ...own }: OpenCase): JunitCase {
  const status = isSkipped ? "skipped" : isFailed ? "failed" : "passed";
  const [head = "", ...rest] = messages;
  const body = rest.join("").trim();
  // Most runners begin the text with the message.
  const message = body.includes(head.trim()) ? body : `${head.trim()}\n${body}`;
  return { ...own, status, message: status === "failed" ? message.trim() : "" };
}
