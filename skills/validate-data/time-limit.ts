import { createContext, Script } from "node:vm";
import { SwarmError } from "../../core/errors.ts";

const CALL = new Script("work()");

/**
 * Does some work and ends it when it takes too long, even inside a regular expression. What it left half done must not
 * be used then.
 * @throws SwarmError `limit-exceeded` that names the limit
 */
export function withinTime<Result>(
  limit: { readonly name: string; readonly ms: number },
  work: () => Result,
): Result {
  let outcome: { readonly result: Result } | undefined;
  const context = createContext({
    work: () => {
      outcome = { result: work() };
    },
  });
  try {
    CALL.runInContext(context, { timeout: limit.ms });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw error;
    throw new SwarmError("limit-exceeded", `${limit.name}: it takes more than ${limit.ms} ms`, {
      hint: "simplify the patterns and references of the schema, or give fewer rows",
      location: { pointer: "/schema" },
      cause: error,
    });
  }
  if (outcome === undefined) throw new Error("the work did not end");
  return outcome.result;
}
