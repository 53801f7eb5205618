import { SwarmError } from "../../core/errors.ts";
import type { Sandbox, SandboxEnd } from "../../core/sandbox.ts";
import { shortened } from "../visible-text.ts";
import { type Problem, problemsIn } from "./problems.ts";
import { INSIDE, type ScratchCopy } from "./scratch-copy.ts";
import type { StyleTool } from "./tools.ts";

const WALL_MS = 180_000;
const OUTPUT_BYTES = 16_777_216;
const SHOWN_WORDS = 300;
/** What `env` answers when there is no such program. */
const NOT_FOUND = 127;

/** How one tool of the project went. `type`, so that it is plain JSON. */
export type ToolRun = {
  readonly name: string;
  /** `absent`: the project has chosen it, and it is not installed. */
  readonly status: "ran" | "absent" | "failed";
  readonly reason?: string;
};

export interface ToolReport {
  readonly run: ToolRun;
  readonly problems: readonly Problem[];
}

/** What the tools of a project are run with. */
export interface Surroundings {
  readonly sandbox: Sandbox;
  readonly copy: ScratchCopy;
  readonly signal: AbortSignal;
}

/** Asks a linter for its problems, then lets the tool change the copy. */
export async function runTool(tool: StyleTool, surroundings: Surroundings): Promise<ToolReport> {
  const program = programOf(tool, surroundings.copy);
  if (program === undefined) return ended(tool, "absent", missingReason(tool));
  let problems: readonly Problem[] = [];
  if (tool.lint !== undefined) {
    const end = await runInside([...program, ...tool.lint.args], surroundings);
    const failure = failureOf(end);
    if (failure !== undefined) return ended(tool, failure.status, failure.reason);
    const read = problemsIn(tool.lint.dialect, tool.name, end.stdout);
    // Problems make linters end with 1; anything else says that it did not lint.
    if (read === undefined || (end.status === "exited" && end.code > 1)) {
      return ended(tool, "failed", `its answer cannot be read: ${lastWords(end)}`);
    }
    problems = read;
  }
  for (const args of tool.rewrite) {
    const end = await runInside([...program, ...args], surroundings);
    const failure = failureOf(end);
    if (failure !== undefined) return { ...ended(tool, failure.status, failure.reason), problems };
    const isLinter = tool.lint !== undefined;
    if (end.status === "exited" && end.code > (isLinter ? 1 : 0)) {
      return { ...ended(tool, "failed", lastWords(end)), problems };
    }
  }
  return { run: { name: tool.name, status: "ran" }, problems };
}

/** Runs a program of the project where nobody is harmed: without network, and on the copy alone. */
export async function runInside(
  argv: readonly string[],
  { sandbox, copy, signal }: Surroundings,
): Promise<SandboxEnd> {
  const limits = { wallMs: WALL_MS, outputBytes: OUTPUT_BYTES };
  return await sandbox.run({ argv, cwd: INSIDE, mounts: copy.mounts, limits }, signal);
}

function programOf({ name, from }: StyleTool, { installed }: ScratchCopy): string[] | undefined {
  if (from === "npm") {
    return installed.includes("node_modules")
      ? ["/usr/bin/env", `${INSIDE}/node_modules/.bin/${name}`]
      : undefined;
  }
  if (from === "pip" && installed.includes(".venv"))
    return [`${INSIDE}/.venv/bin/python`, "-m", name];
  return ["/usr/bin/env", name];
}

function missingReason({ name, from }: StyleTool): string {
  return from === "npm"
    ? `the project has no node_modules with ${name}: run npm install`
    : `${name} is not installed`;
}

function failureOf(end: SandboxEnd): { status: "absent" | "failed"; reason: string } | undefined {
  if (end.status === "killed") return { status: "failed", reason: `it was ended: ${end.why}` };
  if (end.code === NOT_FOUND) return { status: "absent", reason: "it is not installed" };
  return end.cut.includes("stdout")
    ? { status: "failed", reason: "its answer is too long" }
    : undefined;
}

function lastWords({ stdout, stderr }: SandboxEnd): string {
  const said = (stderr.trim() || stdout.trim()).split("\n").slice(-3).join(" ");
  return shortened(said, SHOWN_WORDS);
}

function ended(tool: StyleTool, status: "absent" | "failed", reason: string): ToolReport {
  return { run: { name: tool.name, status, reason }, problems: [] };
}

/** The sandbox of a context. @throws SwarmError `sandbox-unavailable` */
export function needed(sandbox: Sandbox | undefined): Sandbox {
  if (sandbox !== undefined) return sandbox;
  throw new SwarmError(
    "sandbox-unavailable",
    "tools of a project run in the sandbox only, and there is none",
  );
}
