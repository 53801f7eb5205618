import type { Explanation } from "./explanation.ts";

/** What may go wrong with programs that propose repairs. */
export const FIXER_EXPLANATIONS = {
  "fixer-missing": {
    causes: [
      "the Codex CLI is not on the PATH, and CODEX_BIN names none",
      "the one that is there is too old: it lacks an option that keeps it in",
    ],
    remedies: [
      "npm install --global @openai/codex@0.169.0, or set CODEX_BIN to the program",
      "or leave `codex` out of the fixers: `mutation` needs no program",
    ],
    example: "error fixer-missing: no codex on the PATH",
  },
  "fixer-no-key": {
    causes: ["a fixer that asks a model found no key in the environment of the agent"],
    remedies: ["set the variable that the message names, or leave the fixer out"],
    example: "error fixer-no-key: codex: OPENAI_API_KEY is not set",
  },
  "fixer-timeout": {
    causes: [
      "the provider of the model took the request and did not answer",
      "the model worked longer than its time limit",
    ],
    remedies: ["try again, or give the fixer more time"],
    example: "error fixer-timeout: codex 0.169.0 did not end within 600 s",
  },
  "fixer-failed": {
    causes: [
      "the provider refused the request: its reason stands in the message",
      "the program of the fixer ended with an error, or was killed",
      "the fixer made of a file something that is no text",
    ],
    remedies: ["what the message says; a full quota and a wrong key are the usual reasons"],
    example:
      "error fixer-failed: codex 0.169.0: exceeded retry limit, last status: 429 Too Many Requests",
  },
} as const satisfies Readonly<Record<string, Explanation>>;
