import { Parser } from "tap-parser";

/** A test of a TAP stream. */
export interface TapCase {
  /** Its own name after those of the tests that it is a part of. */
  readonly names: readonly string[];
  readonly status: "passed" | "failed" | "skipped";
  readonly message: string;
}

/**
 * The tests of a TAP stream, subtests instead of what sums them up.
 * @throws Error when it is no TAP, or does not have as many tests as its plan says
 */
export function readTap(text: string): readonly TapCase[] {
  if (!PLAN.test(text)) throw new Error("it has no plan, so it is no TAP");
  const events = Parser.parse(text) as unknown as readonly TapEvent[];
  return casesOf(events, []);
}

const PLAN = /^1\.\.\d+/m;

/** What the parser says, as far as it is read. */
type TapEvent =
  | readonly ["assert", TapAssert]
  | readonly ["child", readonly TapEvent[]]
  | readonly ["complete", { readonly failures: readonly { readonly tapError?: string | null }[] }]
  | readonly ["comment", string]
  | readonly ["bailout", string]
  | readonly ["plan" | "version" | "pragma" | "extra" | "finish" | "close", unknown];

interface TapAssert {
  readonly ok: boolean;
  readonly name: string;
  readonly skip: string | boolean;
  readonly todo: string | boolean;
  readonly diag: unknown;
  readonly closingTestPoint: boolean;
}

const SUBTEST = /^# Subtest: (.*)\n$/;

function casesOf(events: readonly TapEvent[], above: readonly string[]): readonly TapCase[] {
  return events.flatMap((event): readonly TapCase[] => {
    switch (event[0]) {
      case "assert":
        return event[1].closingTestPoint ? [] : [caseOf(event[1], above)];
      case "child": {
        const title = event[1].find(([type]) => type === "comment")?.[1];
        const name = SUBTEST.exec(String(title))?.[1];
        return casesOf(event[1], name === undefined ? above : [...above, name]);
      }
      case "bailout":
        throw new Error(`the tests were given up: ${event[1]}`);
      case "complete": {
        const broken = event[1].failures.find(({ tapError }) => tapError != null);
        if (broken !== undefined) throw new Error(`it is broken: ${broken.tapError}`);
        return [];
      }
      default:
        return [];
    }
  });
}

function caseOf(given: TapAssert, above: readonly string[]): TapCase {
  const { ok, name, skip, todo, diag } = given;
  const isSkipped = skip !== false || todo !== false;
  return {
    names: [...above, name],
    status: isSkipped ? "skipped" : ok ? "passed" : "failed",
    message: ok || diag === null ? "" : JSON.stringify(diag, undefined, 2),
  };
}
