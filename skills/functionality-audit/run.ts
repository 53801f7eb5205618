import { run as codexSandbox } from "../codex-sandbox/run.ts";

/** Another name of `codex-sandbox`. */
export const run = codexSandbox;
