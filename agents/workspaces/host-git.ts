import { spawn } from "node:child_process";
import { devNull } from "node:os";
import { SwarmError } from "../../core/errors.ts";

/** git on this machine, in a form in which nothing that a repository contains is carried out. */
export interface HostGit {
  /**
   * Runs git to its end and answers its standard output.
   * @throws SwarmError `skill-failed` with git's last words; `limit-exceeded`; the reason of an aborted signal
   */
  run(args: readonly string[], options?: GitOptions): Promise<Buffer>;
  /** The same as text, without the line end. */
  text(args: readonly string[], options?: GitOptions): Promise<string>;
}

interface GitOptions {
  readonly input?: string | Uint8Array;
  /** Instead of the repository's own index. */
  readonly index?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Settings of a repository by which git would start programs, or read another repository than the named one. */
const HARDENED: readonly string[] = [
  ...["-c", "core.fsmonitor=false", "-c", `core.hooksPath=${devNull}`],
  ...["-c", "protocol.allow=never", "-c", "protocol.file.allow=never"],
  ...["-c", "safe.bareRepository=explicit", "-c", "core.pager=cat", "-c", "core.editor=false"],
  ...["-c", "core.attributesFile=", "-c", "core.sshCommand=false", "-c", "credential.helper="],
  ...["-c", "commit.gpgSign=false", "-c", "gc.auto=0", "-c", "maintenance.auto=false"],
  ...["-c", "submodule.recurse=false", "-c", "core.quotePath=false"],
];
/** Commands that show differences do not ask for programs that a repository names for it. */
const SHOWS_DIFFERENCES = new Set(["diff", "diff-tree", "log", "show"]);

const OUTPUT_BYTES = 1_073_741_824;
const TIMEOUT_MS = 120_000;

/**
 * @param at which repository and which files; both absolute, so that git looks for none itself
 */
export function openHostGit(
  at: { readonly gitDir: string; readonly workTree?: string },
  signal: AbortSignal,
): HostGit {
  const place = [
    `--git-dir=${at.gitDir}`,
    ...(at.workTree === undefined ? [] : [`--work-tree=${at.workTree}`]),
  ];
  const cwd = at.workTree ?? at.gitDir;
  const run: HostGit["run"] = (args, options = {}) => {
    const [command = "", ...rest] = args;
    const plain = SHOWS_DIFFERENCES.has(command) ? ["--no-ext-diff", "--no-textconv"] : [];
    return runGit([...HARDENED, ...place, command, ...plain, ...rest], { ...options, cwd }, signal);
  };
  return { run, text: async (...given) => (await run(...given)).toString("utf8").trimEnd() };
}

/** Nothing of this process's environment: neither settings of git nor secrets. */
function environment(options: GitOptions): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "/usr/bin:/bin",
    HOME: devNull,
    LC_ALL: "C.UTF-8",
    GIT_CONFIG_GLOBAL: devNull,
    GIT_CONFIG_SYSTEM: devNull,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_OPTIONAL_LOCKS: "0",
    GIT_NO_REPLACE_OBJECTS: "1",
    GIT_LITERAL_PATHSPECS: "1",
    ...(options.index === undefined ? {} : { GIT_INDEX_FILE: options.index }),
    ...options.env,
  };
}

async function runGit(
  args: readonly string[],
  options: GitOptions & { readonly cwd: string },
  signal: AbortSignal,
): Promise<Buffer> {
  signal.throwIfAborted();
  const child = spawn("git", args, {
    cwd: options.cwd,
    env: environment(options),
    stdio: ["pipe", "pipe", "pipe"],
  });
  const output: Buffer[] = [];
  let bytes = 0;
  let said = "";
  let problem: SwarmError | undefined;
  const stop = (why: SwarmError): void => {
    problem ??= why;
    child.kill("SIGKILL");
  };
  child.stdout.on("data", (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > OUTPUT_BYTES) {
      stop(new SwarmError("limit-exceeded", `git wrote more than ${OUTPUT_BYTES} bytes`));
    } else output.push(chunk);
  });
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    said = `${said}${chunk}`.slice(-2_000);
  });
  child.stdin.on("error", () => {}); // its end says what was wrong
  child.stdin.end(options.input ?? "");
  const timer = setTimeout(
    () => stop(new SwarmError("skill-failed", `git took longer than ${TIMEOUT_MS} ms`)),
    TIMEOUT_MS,
  );
  const onAbort = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", (error: NodeJS.ErrnoException) =>
        reject(
          new SwarmError("not-supported", `git cannot be started: ${error.message}`, {
            cause: error,
            hint: "install git",
          }),
        ),
      );
      child.once("close", resolve);
    });
    signal.throwIfAborted();
    if (problem !== undefined) throw problem;
    if (code !== 0) {
      const what = args.slice(HARDENED.length).find((arg) => !arg.startsWith("--"));
      throw new SwarmError("skill-failed", `git ${what} failed: ${said.trim().split("\n").at(-1)}`);
    }
    return Buffer.concat(output);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener("abort", onAbort);
  }
}
