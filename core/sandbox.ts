/**
 * Runs programs that nobody here trusts: test suites, tools and settings of somebody's repository, patches that a model made.
 * It fails closed: when isolation cannot be had, nothing runs.
 */
export interface Sandbox {
  /** What keeps programs in, found out by trying; recorded beside every result. */
  readonly enforcement: SandboxEnforcement;
  /**
   * Runs a program to its end. Everything that it started ends with it.
   * @throws SwarmError `sandbox-unavailable`; the reason of an aborted signal
   */
  run(order: SandboxOrder, signal: AbortSignal): Promise<SandboxEnd>;
}

export interface SandboxEnforcement {
  readonly backend: "bubblewrap" | "none";
  readonly version?: string;
  /** How processes and memory are limited: a cgroup, or the weaker limits of single processes. */
  readonly limits: "cgroup-v2" | "cgroup-v1" | "systemd" | "rlimits" | "none";
  readonly hasSeccomp: boolean;
}

/** A path that a program sees; all others are not there, but for the system's programs and libraries, which are read-only. */
export type SandboxMount =
  | { readonly kind: "read-only" | "writable"; readonly source: string; readonly target: string }
  /** Empty, in memory, gone with the program. */
  | { readonly kind: "scratch"; readonly target: string; readonly bytes: number };

export interface SandboxOrder {
  /** The program and its arguments; no shell reads them. */
  readonly argv: readonly string[];
  /** Where it starts: an absolute path inside. */
  readonly cwd: string;
  readonly mounts: readonly SandboxMount[];
  /** All it gets beside PATH, HOME, TMPDIR, LANG and CI. */
  readonly env?: Readonly<Record<string, string>>;
  readonly input?: string | Uint8Array;
  readonly limits?: Partial<SandboxLimits>;
}

export interface SandboxLimits {
  readonly wallMs: number;
  readonly cpuSeconds: number;
  /** Of one process, and of all together where a cgroup can be had. */
  readonly memoryBytes: number;
  readonly processes: number;
  /** Of standard output, standard error and the report, each; what is over is left out. */
  readonly outputBytes: number;
  /** Of one file. */
  readonly fileBytes: number;
}

interface SandboxOutput {
  readonly stdout: string;
  readonly stderr: string;
  /** What it wrote to file descriptor 3, which is not mixed with what it says. */
  readonly report: Uint8Array;
  /** Those of the three of which a part is left out. */
  readonly cut: readonly ("stdout" | "stderr" | "report")[];
  readonly durationMs: number;
}

export type SandboxEnd = SandboxOutput &
  (
    | { readonly status: "exited"; readonly code: number }
    | {
        readonly status: "killed";
        /** Why we ended it; `signal` when we did not. */
        readonly why: "timeout" | "output" | "memory" | "processes" | "signal";
        readonly signal: string;
      }
  );
