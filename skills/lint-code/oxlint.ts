import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";
import { SwarmError } from "../../core/errors.ts";
import { type Exit, runProgram } from "../child-process.ts";

/** The only configuration that is ever used. */
const CONFIG_FILE = fileURLToPath(new URL("oxlint.json", import.meta.url));
const TIMEOUT_MS = 120_000;
const MAX_OUTPUT_BYTES = 64_000_000;

const manifest = createRequire(import.meta.url).resolve("oxlint/package.json");
const { version, bin } = z
  .object({ version: z.string(), bin: z.object({ oxlint: z.string() }) })
  .parse(createRequire(import.meta.url)(manifest));
const LAUNCHER = join(dirname(manifest), bin.oxlint);

export const OXLINT = { name: "oxlint", version } as const;

const diagnostic = z.object({
  message: z.string(),
  /** Absent for syntax errors. */
  code: z.string().nullish(),
  help: z.string().nullish(),
  filename: z.string().nullish(),
  labels: z
    .array(z.object({ span: z.object({ line: z.int().min(1), column: z.int().min(1) }) }))
    .nullish(),
});
export type Diagnostic = z.infer<typeof diagnostic>;

const output = z.object({ diagnostics: z.array(diagnostic), number_of_files: z.int() });

export type OxlintAnswer =
  | {
      readonly status: "linted";
      readonly files: number;
      readonly diagnostics: readonly Diagnostic[];
    }
  | { readonly status: "crashed"; readonly reason: string };

/**
 * Runs oxlint once. It is started from this package with the running Node and without an environment, so that neither
 * PATH nor the analysed directory can put another program or configuration in its place.
 * @param files plain files below `root`, relative to it
 * @throws SwarmError `skill-failed` when it cannot be run or says something we cannot read
 */
export async function runOxlint(
  root: string,
  files: readonly string[],
  signal: AbortSignal,
): Promise<OxlintAnswer> {
  const args = [
    LAUNCHER,
    `--config=${CONFIG_FILE}`,
    "--disable-nested-config",
    "--no-ignore",
    "--threads=1", // the agents are what runs at the same time
    "--format=json",
    "--",
    ...files.map((file) => `./${file}`),
  ];
  const exit = await runProgram(process.execPath, args, {
    cwd: root,
    env: {},
    signal,
    timeoutMs: TIMEOUT_MS,
    maxOutputBytes: MAX_OUTPUT_BYTES,
  });
  if (exit.status !== "exited") return { status: "crashed", reason: reasonOf(exit) };
  // oxlint answers 1 when there are findings; a panic ends with 101, a crash seen by a shell with 128 and more.
  if (exit.code > 100) return { status: "crashed", reason: `oxlint ended with code ${exit.code}` };
  return readOutput(exit.stdout.toString("utf8"), exit.code, exit.stderr);
}

function reasonOf(exit: Exclude<Exit, { status: "exited" }>): string {
  switch (exit.status) {
    case "killed":
      return `oxlint crashed (${exit.signal})`;
    case "timed-out":
      return `oxlint took longer than ${TIMEOUT_MS / 1_000} s`;
    case "output-too-large":
      return "oxlint reports more than can be read";
    case "missing":
      throw new SwarmError("skill-failed", `oxlint cannot be started with ${process.execPath}`);
    default:
      return exit satisfies never;
  }
}

function readOutput(stdout: string, code: number, stderr: string): OxlintAnswer {
  const start = stdout.indexOf("{");
  try {
    const { diagnostics, number_of_files } = output.parse(JSON.parse(stdout.slice(start)));
    return { status: "linted", files: number_of_files, diagnostics };
  } catch (error) {
    const said = (stderr || stdout).trim().split("\n")[0]?.slice(0, 200);
    throw new SwarmError(
      "skill-failed",
      `oxlint ${version} ended with code ${code} and no readable report: ${said}`,
      { hint: "run `npm ci` again; oxlint's own binary may be missing", cause: error },
    );
  }
}
