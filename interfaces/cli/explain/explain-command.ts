import { ERROR_CODES, type ErrorCode, SwarmError } from "../../../core/errors.ts";
import { didYouMean } from "../../../language/nearest.ts";
import type { ExplainCommand } from "../commands.ts";
import { EXIT, exitCodeOf } from "../exit-code.ts";
import { explainRun, mayBeRun } from "./explain-run.ts";
import { EXPLANATIONS, type ExplainedCode, isExplained, MEANINGS } from "./explanation.ts";

const CODES = Object.keys(MEANINGS) as readonly ExplainedCode[];

/** Says what an error code means, or what a run waits for, or lists all codes. @throws SwarmError `usage` for what is none of these */
export async function runExplain(
  { code, json }: ExplainCommand,
  { directory }: { readonly directory: string },
): Promise<number> {
  if (code !== undefined && !isExplained(code.toLowerCase()) && (await mayBeRun(code, directory))) {
    return explainRun(code, { json, directory });
  }
  process.stdout.write(`${code === undefined ? listed(json) : explained(code, json)}\n`);
  return EXIT.ok;
}

function listed(json: boolean): string {
  if (json) {
    const codes = CODES.map((code) => ({ code, meaning: MEANINGS[code] }));
    return JSON.stringify({ schemaVersion: 1, codes });
  }
  const longest = Math.max(...CODES.map((code) => code.length));
  return CODES.map((code) => `${code.padEnd(longest)}  ${MEANINGS[code]}`).join("\n");
}

function explained(given: string, json: boolean): string {
  const code = given.toLowerCase();
  if (!isExplained(code)) {
    const message = `there is no error code ${JSON.stringify(given)}`;
    throw new SwarmError("usage", message, { hint: hintFor(code) });
  }
  const meaning = MEANINGS[code];
  const exitCode = exitCodeFor(code);
  const { causes, remedies, example } = EXPLANATIONS[code];
  if (json) {
    const answer = { schemaVersion: 1, code, meaning, causes, remedies, example, exitCode };
    return JSON.stringify(answer);
  }
  return [
    `${code}: ${meaning}`,
    ...["", "Usual causes:", ...causes.map((each) => `  - ${each}`)],
    ...["", "What to do:", ...remedies.map((each) => `  - ${each}`)],
    ...["", "For example:", `  ${example}`],
    ...["", `Exit code ${exitCode}.`],
  ].join("\n");
}

/** Of a command that ends with it. */
function exitCodeFor(code: ExplainedCode): number {
  return Object.hasOwn(ERROR_CODES, code) ? exitCodeOf(code as ErrorCode) : EXIT.ok;
}

function hintFor(code: string): string {
  const hint = didYouMean(code, CODES);
  return hint.startsWith("did you mean")
    ? hint
    : "without a code, explain lists all of them; it takes a run's id and the file of an exported run, too";
}
