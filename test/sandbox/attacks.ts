import type { SandboxEnd, SandboxLimits } from "../../core/sandbox.ts";

/** What an attack knows of the machine that it is to get at. */
export interface World {
  /** A folder that no attack may reach; `key` in it holds the secret. */
  readonly outside: string;
  /** Mounted where it is, writable, with a repository's `.git` in it. */
  readonly project: string;
  /** Mounted where it is, read-only. */
  readonly library: string;
  /** Listens on loopback, on a socket beside the key and on an abstract one. */
  readonly port: number;
  readonly abstract: string;
  /** The process that started the sandbox. */
  readonly pid: number;
  /** Stands in that process's environment, too. */
  readonly secret: string;
  /** Stands in the command line of every process that is to stay behind. */
  readonly marker: string;
}

export interface Attack {
  readonly name: string;
  readonly program: (world: World) => readonly string[];
  /** Programs beside the shell and node that it needs; it is not run where they are missing. */
  readonly needs?: string;
  readonly limits?: Partial<SandboxLimits>;
  /** What came of it, in one text; it is compared as a whole. */
  readonly outcome?: (end: SandboxEnd, world: World) => string;
  readonly expected: string;
}

/** The outcome of most: what the program said. */
export const saidBy = ({ stdout, stderr }: SandboxEnd): string => stdout.trim() || stderr.trim();
const endOf = (end: SandboxEnd): string =>
  end.status === "exited" ? `exited ${end.code}` : `killed: ${end.why}`;
const sh = (script: string): readonly string[] => ["/bin/sh", "-c", script];
const node = (script: string): readonly string[] => ["node", "-e", script];
const python = (script: string): readonly string[] => ["/usr/bin/python3", "-c", script];
/** Says `refused` when a command fails, and `ESCAPED` when it does not. */
const refused = (command: string): readonly string[] =>
  sh(`{ ${command}; } >/dev/null 2>&1 && echo ESCAPED || echo refused`);
const connecting = (to: string): readonly string[] =>
  node(`require("node:net").connect(${to}).on("connect", () => { console.log("ESCAPED"); process.exit(); })
    .on("error", (error) => console.log(error.code))`);
const calling = (...calls: readonly string[]): readonly string[] =>
  python(`import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *given):
    ctypes.set_errno(0)
    answer = libc.syscall(number, *given)
    return "ESCAPED" if answer >= 0 else errno.errorcode[ctypes.get_errno()]
print(" ".join([${calls.join(", ")}]))`);

export const ATTACKS: readonly Attack[] = [
  {
    name: "connects to a server of the machine",
    program: ({ port }) => connecting(`${port}, "127.0.0.1"`),
    expected: "ECONNREFUSED",
  },
  {
    name: "connects to the world",
    program: () => connecting('80, "192.0.2.1"'),
    expected: "ENETUNREACH",
  },
  {
    name: "connects to the world over IPv6",
    program: () => connecting('80, "2001:db8::1"'),
    expected: "ENETUNREACH",
  },
  {
    name: "asks for the address of a name",
    program: () =>
      node(
        `require("node:dns").lookup("example.com", (error) => console.log(error ? "refused" : "ESCAPED"))`,
      ),
    expected: "refused",
  },
  {
    name: "sends a datagram",
    program: () =>
      node(`const socket = require("node:dgram").createSocket("udp4");
        socket.send("x", 53, "192.0.2.1", (error) => { console.log(error ? error.code : "ESCAPED"); socket.close(); })`),
    expected: "ENETUNREACH",
  },
  {
    name: "connects to an abstract socket of the machine",
    program: ({ abstract }) => connecting(`{ path: "\\0${abstract}" }`),
    expected: "ECONNREFUSED",
  },
  {
    name: "connects to a socket in a folder of the machine",
    program: ({ outside }) => connecting(`{ path: "${outside}/socket" }`),
    expected: "ENOENT",
  },
  {
    name: "opens a raw socket",
    needs: "/usr/bin/python3",
    program: () =>
      python(`import socket
try:
    socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP); print("ESCAPED")
except PermissionError: print("refused")`),
    expected: "refused",
  },
  {
    name: "talks to itself over its own loopback, which it may",
    program: () =>
      node(`const server = require("node:net").createServer((socket) => socket.end("heard"));
        server.listen(0, "127.0.0.1", () => require("node:net").connect(server.address().port, "127.0.0.1")
          .on("data", (data) => { console.log(String(data)); process.exit(); }))`),
    expected: "heard",
  },
  {
    name: "reads a file by its path",
    program: ({ outside }) => refused(`cat ${outside}/key`),
    expected: "refused",
  },
  {
    name: "reads the machine's passwords and the administrator's files",
    program: () => refused("cat /etc/shadow || ls /root"),
    expected: "refused",
  },
  {
    name: "reads a file through the roots of processes",
    program: ({ outside }) =>
      refused(
        `cat /proc/1/root${outside}/key || cat /proc/self/root${outside}/key || cat /proc/1/cwd${outside}/key`,
      ),
    expected: "refused",
  },
  {
    name: "reads a file by the way up from a folder that is mounted",
    program: ({ project }) => refused(`cd ${project} && cat ../outside/key`),
    expected: "refused",
  },
  {
    name: "lists what is beside the folders that are mounted",
    program: ({ project }) => sh(`ls ${project}/..`),
    expected: "library\nproject",
  },
  {
    name: "reads a file through a link that it plants",
    program: ({ project, outside }) =>
      refused(`ln -s ${outside}/key ${project}/link && cat ${project}/link`),
    expected: "refused",
  },
  {
    name: "makes a file of the machine its own by a hard link",
    program: ({ project, library }) => refused(`ln ${library}/code ${project}/hard`),
    expected: "refused",
  },
  {
    name: "writes a file outside",
    program: ({ outside }) => refused(`echo planted > ${outside}/planted`),
    expected: "refused",
  },
  {
    name: "writes through a link that it plants",
    program: ({ project, outside }) =>
      refused(`ln -s ${outside} ${project}/folder && echo planted > ${project}/folder/planted`),
    expected: "refused",
  },
  {
    name: "writes what it may only read",
    program: ({ library }) =>
      refused(
        `echo changed > ${library}/code || chmod 777 ${library}/code || rm -f ${library}/code`,
      ),
    expected: "refused",
  },
  {
    name: "writes the system's programs",
    program: () =>
      refused("echo x > /usr/bin/ls || echo x > /usr/bin/planted || echo x > /bin/planted"),
    expected: "refused",
  },
  {
    name: "writes the root, its settings and its devices",
    program: () => refused("echo x > /planted || echo x > /etc/passwd || echo x > /dev/planted"),
    expected: "refused",
  },
  {
    name: "writes settings of the kernel",
    program: () =>
      refused(
        // Opened only: what came of a write would stay on this machine.
        "for file in sys/kernel/core_pattern sys/kernel/hostname sys/vm/drop_caches sysrq-trigger; do { :; } >> /proc/$file && exit 0; done; false",
      ),
    expected: "refused",
  },
  {
    name: "reads secrets in environments",
    program: ({ secret }) => sh(`cat /proc/*/environ | tr '\\0' '\\n' | grep -c ${secret}`),
    expected: "0",
  },
  {
    name: "reads secrets in command lines, and the folders of the machine in that of bubblewrap",
    program: ({ project }) =>
      sh(`cat /proc/1/cmdline | tr '\\0' '\\n' | grep -c -e '^--bind' -e '^${project}$'`),
    expected: "0",
  },
  {
    name: "gets more variables than it should",
    program: () => node("console.log(Object.keys(process.env).sort().join())"),
    expected: "CI,HOME,LANG,PATH,PWD,TMPDIR",
  },
  {
    name: "sees or ends processes of the machine",
    program: ({ pid, marker }) =>
      sh(
        `kill -9 ${pid} 2>/dev/null && [ -e /proc/${pid}/exe ] && echo ESCAPED; cat /proc/[0-9]*/cmdline | tr '\\0' '\\n' | grep -c '^${marker}-host$'`,
      ),
    expected: "0",
  },
  {
    name: "has capabilities, or can get some",
    program: () => sh("grep -E '^(Cap|NoNew)' /proc/self/status | tr -d '[:space:]'"),
    expected: `${["Inh", "Prm", "Eff", "Bnd", "Amb"].map((name) => `Cap${name}:0000000000000000`).join("")}NoNewPrivs:1`,
  },
  {
    name: "becomes another user",
    program: () =>
      node(
        "try { process.setuid(0); console.log('ESCAPED'); } catch (error) { console.log(error.code); }",
      ),
    expected: "EINVAL",
  },
  { name: "mounts", program: () => refused("mount -t tmpfs none /tmp"), expected: "refused" },
  {
    name: "makes read-only mounts writable",
    program: ({ library }) =>
      refused(
        `mount -o remount,rw,bind ${library} || mount -o remount,rw /usr || umount ${library} || umount -l /proc/sys`,
      ),
    expected: "refused",
  },
  {
    name: "makes namespaces in which it is the administrator",
    program: () => refused("unshare -Ur true || unshare -Urm true || unshare -n true"),
    expected: "refused",
  },
  {
    name: "changes its root",
    program: () => refused("chroot /tmp /bin/true"),
    expected: "refused",
  },
  {
    name: "makes a device",
    program: ({ project }) => refused(`mknod ${project}/disk b 254 0 || mknod /tmp/mem c 1 1`),
    expected: "refused",
  },
  {
    name: "calls the kernel to look into processes and to mount",
    needs: "/usr/bin/python3",
    program: () =>
      calling(
        "call(101, 16, 1, 0, 0)",
        "call(310, 1, 0, 0, 0, 0, 0)",
        "call(165, 0, 0, 0, 0, 0)",
        "call(428, -100, b'/', 0)",
      ),
    expected: "EPERM EPERM EPERM EPERM",
  },
  {
    name: "calls the kernel's keys, programs, counters, handles and rings",
    needs: "/usr/bin/python3",
    program: () =>
      calling(
        "call(250, 0, 0)",
        "call(321, 0, 0, 0)",
        "call(298, 0, 0, -1, -1, 0)",
        "call(323, 0)",
        "call(304, 0, 0, 0)",
        "call(425, 1, 0)",
      ),
    expected: "EPERM EPERM EPERM EPERM EPERM ENOSYS",
  },
  {
    name: "calls for new namespaces in three ways",
    needs: "/usr/bin/python3",
    program: () =>
      calling("call(272, 0x10000000)", "call(56, 0x10000011, 0, 0, 0, 0)", "call(435, 0, 0)"),
    expected: "EPERM EPERM ENOSYS",
  },
  {
    name: "uses an open file of whoever started the sandbox",
    program: () =>
      sh(
        "cat <&9; for fd in /proc/$$/fd/*; do [ ! -e $fd ] || [ $(readlink $fd) = /dev/null ] || printf '%s ' $(basename $fd); done",
      ),
    expected: "0 1 2 3",
  },
  {
    name: "types into the terminal",
    program: () => refused("echo x > /dev/tty"),
    expected: "refused",
  },
  {
    name: "leaves a daemon",
    program: ({ marker }) =>
      sh(
        `setsid nohup sh -c 'sleep 600; exit' ${marker} >/dev/null 2>&1 & sleep 0.1; echo started`,
      ),
    expected: "started",
  },
  {
    name: "leaves a daemon that holds its output open",
    program: ({ marker }) => sh(`setsid sh -c 'sleep 600; exit' ${marker} & echo started`),
    expected: "started",
  },
  {
    name: "does not listen when it is asked to end",
    program: () => sh("trap '' TERM INT HUP; while :; do sleep 1; done"),
    limits: { wallMs: 700 },
    outcome: endOf,
    expected: "killed: timeout",
  },
  {
    name: "floods its output",
    program: () => sh("yes"),
    outcome: (end) => `${endOf(end)}, ${end.stdout.length} ${end.cut.join()}`,
    expected: "killed: output, 1048576 stdout",
  },
  {
    name: "floods its report",
    program: () => sh("yes >&3"),
    outcome: (end) => `${endOf(end)}, ${end.report.length} ${end.cut.join()}`,
    expected: "killed: output, 1048576 report",
  },
  {
    name: "forks without end",
    program: ({ marker }) =>
      sh(`bomb() { bomb | bomb & }; set -- ${marker}; bomb 2>/dev/null; sleep 1; echo over`),
    limits: { processes: 64, wallMs: 4_000 },
    outcome: (end) =>
      (end.status === "exited" ? "ended" : `killed: ${end.why}`).replace(
        /killed: (timeout|processes)/,
        "ended",
      ),
    expected: "ended",
  },
  {
    name: "takes memory without end",
    program: () => node("const all = []; for (;;) all.push(Buffer.alloc(16_777_216, 1));"),
    limits: { memoryBytes: 402_653_184 },
    outcome: (end) => (end.status === "exited" && end.code === 0 ? "ESCAPED" : "ended"),
    expected: "ended",
  },
  {
    name: "takes memory by many processes",
    program: () =>
      sh(
        "for i in 1 2 3 4 5 6 7 8; do node -e 'const all = Buffer.alloc(200_000_000, 1); console.log(1); setTimeout(() => all, 3000)' & done; wait",
      ),
    limits: { memoryBytes: 536_870_912, wallMs: 20_000 },
    outcome: (end) =>
      (end.status === "killed" && end.why === "memory") || end.stdout.length <= 2 * "1\n".length
        ? "held"
        : "ESCAPED",
    expected: "held",
  },
  {
    name: "fills the memory that stands in for disks",
    program: () =>
      sh(
        "for to in /tmp/fill /dev/shm/fill $HOME/fill; do head -c 300000000 /dev/zero > $to 2>/dev/null || printf 'full '; rm -f $to; done",
      ),
    limits: { fileBytes: 1_073_741_824 },
    expected: "full full full",
  },
  {
    name: "writes a file that is too large",
    program: ({ project }) => sh(`exec head -c 9000000 /dev/zero > ${project}/large`),
    limits: { fileBytes: 1_000_000 },
    outcome: (end) => (end.status === "killed" ? end.signal : `exited ${end.code}`),
    expected: "SIGXFSZ",
  },
  {
    name: "burns a processor",
    program: () => node("for (;;);"),
    limits: { cpuSeconds: 1, wallMs: 60_000 },
    outcome: endOf,
    expected: "killed: signal",
  },
  {
    name: "plants hooks and settings in the repository",
    program: ({ project }) =>
      refused(
        `echo 'fsmonitor = evil' >> ${project}/.git/config || echo evil > ${project}/.git/hooks/pre-commit || mkdir ${project}/.git/new`,
      ),
    expected: "refused",
  },
  {
    name: "replaces the repository by one of its own",
    program: ({ project }) =>
      refused(
        `mv ${project}/.git ${project}/old || rm -rf ${project}/.git/config || rmdir ${project}/.git || ln -sfn /tmp ${project}/.git/x`,
      ),
    expected: "refused",
  },
  {
    name: "mounts over the repository by a link in its place",
    program: ({ project }) => refused(`ln -sfT /tmp ${project}/.git`),
    expected: "refused",
  },
  {
    name: "forges how it ended",
    program: () =>
      sh(
        `for fd in 4 5 6 7; do eval "echo '{ \\"exit-code\\": 0 }' >&$fd"; done 2>/dev/null; exit 3`,
      ),
    outcome: endOf,
    expected: "exited 3",
  },
  {
    name: "ends the process above it to look as if all were well",
    program: () => sh("kill -9 1; kill -9 $PPID; exit 5"),
    outcome: endOf,
    expected: "exited 5",
  },
  {
    name: "leaves early with a report that says all were well",
    program: () => sh("echo '{\"passed\": true}' >&3; exit 0"),
    outcome: (end) => `${endOf(end)}, said ${Buffer.from(end.report).toString().trim()}`,
    expected: 'exited 0, said {"passed": true}',
  },
];
