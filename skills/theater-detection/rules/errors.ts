import type { HandlerFacts, Statement } from "../facts.ts";
import { found, type Rule, tellsSuccess } from "../rule.ts";

/** Errors so broad that a bug is taken for them, too. */
const EVERYTHING =
  /^(?:|(?:Base)?Exception(?: as \w+)?|Err|.*\b(?:Exception|Throwable|RuntimeException)\s+\w+)$/;
const SAYS_WHY = /\b(?:ignored?|expected|unused)\s*$/;

function deedsOf({ statements }: Pick<HandlerFacts, "statements">): readonly Statement[] {
  return statements.filter(({ kind }) => kind !== "nothing");
}

function isSwallowing(handler: HandlerFacts): boolean {
  const { statements, hasComment, takes } = handler;
  const answersNothing = statements.every(
    ({ kind, value }) => kind === "nothing" || (kind === "return" && value?.text === "()"),
  );
  return answersNothing && !hasComment && EVERYTHING.test(takes) && !SAYS_WHY.test(takes);
}

/** Failures that nobody hears of. */
export const ERROR_RULES: readonly Rule[] = [
  {
    id: "theater/swallowed-error",
    severity: "medium",
    looksAt: "sources",
    message: "an error is caught and nothing is done about it",
    fix: "Handle it, pass it on, or say in a comment why it does not matter.",
    find({ handlers }) {
      return handlers
        .filter((each) => each.takes !== "error" && isSwallowing(each))
        .map((each) => found(each, "high"));
    },
  },
  {
    id: "theater/error-becomes-success",
    severity: "high",
    looksAt: "sources",
    message: "when it fails, success is answered",
    fix: "Pass the error on, or answer that it failed.",
    find({ handlers }) {
      return handlers
        .filter((handler) => {
          const deeds = deedsOf(handler);
          const last = deeds.at(-1);
          const isPlain = deeds.slice(0, -1).every(({ kind }) => kind === "log" || kind === "wait");
          if (last?.kind !== "return" || !isPlain) return false;
          // What an `if err != nil` of Go answers: no error.
          if (handler.takes === "error") return last.value?.text === "nil" && !handler.hasComment;
          return tellsSuccess(last.value) && EVERYTHING.test(handler.takes);
        })
        .map((each) => found(each, each.takes === "error" ? "medium" : "high"));
    },
  },
  {
    id: "theater/swallowed-assertion",
    severity: "high",
    looksAt: "tests",
    message: "a failed assertion is caught, so the test passes all the same",
    fix: "Let the assertion fail the test; to expect an error, assert that it is thrown.",
    find({ handlers }) {
      return handlers
        .filter(
          (handler) =>
            handler.guardsAssertion &&
            !handler.asserts &&
            deedsOf(handler).every(
              ({ kind, value }) => kind === "log" || (kind === "return" && value === undefined),
            ),
        )
        .map((each) => found(each, "high"));
    },
  },
];
