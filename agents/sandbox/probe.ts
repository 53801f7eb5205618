import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { SwarmError } from "../../core/errors.ts";
import type { SandboxEnd, SandboxOrder } from "../../core/sandbox.ts";
import { OWN_PROGRAMS } from "./system-mounts.ts";

/** Runs a program as orders are run. */
export type Run = (order: SandboxOrder, signal: AbortSignal) => Promise<SandboxEnd>;

/** Proofs that programs are kept in, by programs that try to get out. */
export interface Probe {
  /** Real connections, to this process and to the world. @throws SwarmError `sandbox-unavailable` */
  network(signal: AbortSignal): Promise<void>;
  /** Files, capabilities, interfaces: quick enough for every task. @throws SwarmError `sandbox-unavailable` */
  quick(signal: AbortSignal): Promise<void>;
}

export function openProbe(run: Run, expected: Pick<Expected, "hasSeccomp">): Probe {
  return {
    network: (signal) => probeNetwork(run, signal),
    quick: (signal) => probeQuickly(run, expected, signal),
  };
}

const WALL_MS = 10_000;

/** One shell, no other program. Each line that it reports is `name=value`. */
const QUICK = `
while read -r name value; do
  case "$name" in CapEff:|CapBnd:|NoNewPrivs:|Seccomp:) echo "\${name%:}=$value" >&3 ;; esac
done < /proc/self/status
while read -r name rest; do
  case "$name" in *:*) echo "interface=\${name%%:*}" >&3 ;; esac
done < /proc/net/dev
if [ -e "$1/outside" ]; then echo read=yes >&3; else echo read=no >&3; fi
for place in "$1/written" /usr/cascade-probe /etc/cascade-probe /cascade-probe; do
  if { echo x > "$place"; } 2>/dev/null; then echo "write=$place" >&3; fi
done
echo probe=ended >&3
`;

interface Expected {
  readonly hasSeccomp: boolean;
  /** What the host found in the folder that nothing inside may reach. */
  readonly folder: readonly string[];
}

async function probeQuickly(
  run: Run,
  expected: Pick<Expected, "hasSeccomp">,
  signal: AbortSignal,
): Promise<void> {
  const outside = await mkdtemp(join(tmpdir(), "cascade-probe-"));
  try {
    await writeFile(join(outside, "outside"), "");
    const order = {
      argv: ["/bin/sh", "-c", QUICK, "sh", outside],
      cwd: "/",
      mounts: [],
      limits: { wallMs: WALL_MS },
    };
    const end = await run(order, signal);
    refuse(leaksOf(reportOf(end), { ...expected, folder: await readdir(outside) }), end);
  } finally {
    await rm(outside, { recursive: true, force: true });
  }
}

const NO_CAPABILITIES = /^0+$/;

/** What the probe could do and should not, in words. Pure. */
export function leaksOf(report: string, { hasSeccomp, folder }: Expected): readonly string[] {
  const lines = report.split("\n").map((line) => line.split("=", 2));
  const values = (name: string): readonly string[] =>
    lines.filter(([key]) => key === name).map(([, value = ""]) => value);
  const claims: readonly (readonly [boolean, string])[] = [
    [values("probe").includes("ended"), "the probe does not run to its end"],
    [values("read").includes("no"), "files outside can be read"],
    [values("write").length === 0, `${values("write").join(", ")} can be written`],
    [folder.length === 1, "files outside can be written"],
    [values("interface").every((name) => name === "lo"), "the network of the machine can be seen"],
    [["CapEff", "CapBnd"].every((name) => isNone(values(name))), "programs have capabilities"],
    [values("NoNewPrivs").includes("1"), "programs can gain privileges"],
    [!hasSeccomp || values("Seccomp").includes("2"), "system calls are not filtered"],
  ];
  return claims.filter(([holds]) => !holds).map(([, leak]) => leak);
}

function isNone(values: readonly string[]): boolean {
  return values.length === 1 && values.every((value) => NO_CAPABILITIES.test(value));
}

const CONNECT = `
const tried = (host, port) => new Promise((resolve) => {
  const socket = require("node:net").connect({ host, port });
  const end = (how) => { socket.destroy(); resolve(how); };
  socket.setTimeout(2000, () => end("no answer"));
  socket.once("connect", () => end("connected"));
  socket.once("error", (error) => end(error.code));
});
Promise.all([tried("127.0.0.1", Number(process.argv[1])), tried("192.0.2.1", 80)]).then((ends) => {
  require("node:fs").writeSync(3, ends.join());
});
`;
/** The port is taken here and free inside; a documentation address (RFC 5737) needs a route before anything else. */
const REFUSED = "ECONNREFUSED,ENETUNREACH";

async function probeNetwork(run: Run, signal: AbortSignal): Promise<void> {
  const server = createServer((socket) => socket.destroy());
  const { promise: listening, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await listening;
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  try {
    const order = {
      argv: [`${OWN_PROGRAMS}/node`, "-e", CONNECT, String(port)],
      cwd: "/",
      mounts: [],
      limits: { wallMs: WALL_MS },
    };
    const end = await run(order, signal);
    const report = reportOf(end);
    refuse(report === REFUSED ? [] : [`the network answers ${report || "nothing"}`], end);
  } finally {
    server.close();
  }
}

function reportOf(end: SandboxEnd): string {
  return Buffer.from(end.report).toString();
}

function refuse(leaks: readonly string[], end: SandboxEnd): void {
  if (leaks.length === 0) return;
  const said = end.stderr.trim().split("\n").at(-1) ?? "";
  const words = said === "" ? "" : ` (it said: ${said})`;
  throw new SwarmError(
    "sandbox-unavailable",
    `the sandbox does not keep programs in: ${leaks.join("; ")}${words}`,
    { hint: "npm run cascade -- sandbox doctor says what is enforced here" },
  );
}
