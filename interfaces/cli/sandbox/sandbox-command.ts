import { constants } from "node:os";
import { resolve } from "node:path";
import type { SandboxEnforcement, SandboxMount } from "../../../core/sandbox.ts";
import type { SandboxCommandEnd, SandboxCommandOutcome } from "../../../core/sandbox-command.ts";
import type { Scrubber } from "../../../core/scrub.ts";
import { EXIT } from "../exit-code.ts";
import type { SandboxCommand } from "./command.ts";
import { askSandbox } from "./process.ts";

interface Surroundings {
  /** Where the person stood. */
  readonly directory: string;
  readonly scrubber: Scrubber;
}

/** Carries out `sandbox …` and answers its exit code. */
export async function runSandboxCommand(
  command: SandboxCommand,
  { directory, scrubber }: Surroundings,
): Promise<number> {
  const { env } = process;
  if (command.action === "doctor") {
    const found = await askSandbox({ kind: "doctor" }, { env, output: "inherit" });
    if (found.status !== "enforced") throw new Error("unreachable: another order's answer");
    const text = command.json ? JSON.stringify(asJson(found)) : enforcementLines(found).join("\n");
    process.stdout.write(`${scrubber.scrub(text)}\n`);
    return EXIT.ok;
  }
  const { argv, limits } = command;
  const mounts = mountsOf(command, directory);
  const order = { argv, cwd: directory, mounts, limits };
  const answer = await askSandbox({ kind: "exec", order }, { env, output: "inherit" });
  if (answer.status !== "ended") throw new Error("unreachable: another order's answer");
  for (const line of endLines(answer.end)) process.stderr.write(`${line}\n`);
  return exitCodeOfEnd(answer.end);
}

type Enforced = Extract<SandboxCommandEnd, { readonly status: "enforced" }>;

function asJson({ enforcement, binary, probeMs }: Enforced): object {
  return { schemaVersion: 1, enforcement, binary: binary ?? null, probeMs };
}

/** The directory where the person stood is always there; one that may be written goes over one that may be read. */
function mountsOf(
  { read, write }: Extract<SandboxCommand, { readonly action: "exec" }>,
  directory: string,
): readonly SandboxMount[] {
  const at = (kind: "read-only" | "writable", path: string): SandboxMount => {
    const absolute = resolve(directory, path);
    return { kind, source: absolute, target: absolute };
  };
  return [
    at("read-only", directory),
    ...read.map((path) => at("read-only", path)),
    ...write.map((path) => at("writable", path)),
  ];
}

const LIMITS_IN_WORDS: Readonly<Record<SandboxEnforcement["limits"], string>> = {
  "cgroup-v2": "of memory and processes by cgroup v2, for all processes together",
  "cgroup-v1": "of memory and processes by cgroup v1, for all processes together",
  systemd: "of memory and processes by systemd, for all processes together",
  rlimits: "of single processes; what they take together is looked at five times a second",
  none: "none but time and output",
};

/** What is enforced, for people. Pure. */
export function enforcementLines({ enforcement, binary, probeMs }: Enforced): readonly string[] {
  const { backend, version, limits, hasSeccomp } = enforcement;
  if (backend === "none") {
    return [
      "THE SANDBOX IS OFF: CASCADE_SANDBOX=none",
      "Foreign programs run with all that you may do. Unset it to isolate them.",
    ];
  }
  return [
    `isolation     bubblewrap ${version ?? ""} (${binary ?? "bwrap"})`,
    "network       refused: a loopback interface of its own (tried)",
    "files         only what is mounted: reads and writes outside are refused (tried)",
    "privileges    an ordinary user without capabilities (tried), no further user namespaces",
    `system calls  ${hasSeccomp ? "filtered by seccomp (tried)" : "not filtered: this kernel or processor has no filter here"}`,
    `limits        ${LIMITS_IN_WORDS[limits]}`,
    `probe         ${probeMs} ms, before each task`,
  ];
}

/** What the exit code alone does not say. Pure. */
export function endLines({ cut, ...end }: SandboxCommandOutcome): readonly string[] {
  const lines = cut.map((name) => `sandbox: the end of its ${name} is left out`);
  if (end.status === "exited") return lines;
  return [...lines, `sandbox: ended by ${end.signal} (${end.why})`];
}

const FIRST_SIGNAL_CODE = 128;

/** As a shell tells it. Pure. */
export function exitCodeOfEnd(end: SandboxCommandOutcome): number {
  if (end.status === "exited") return end.code;
  if (end.why === "timeout") return EXIT.timeout;
  const signals: Readonly<Record<string, number>> = constants.signals;
  return FIRST_SIGNAL_CODE + (signals[end.signal] ?? 0);
}
