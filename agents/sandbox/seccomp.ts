/**
 * A filter of system calls for the kernel, as bytes of classic BPF: `bwrap --seccomp` loads it. What it names is refused with
 * EPERM; everything else is the business of namespaces, mounts and missing capabilities. Numbers from the kernel's
 * `syscall_64.tbl` and `asm-generic/unistd.h`; layout from `linux/seccomp.h` and `linux/filter.h`.
 */
export function seccompFilter(arch: string): Uint8Array | undefined {
  const machine = MACHINES[arch];
  return machine === undefined ? undefined : assemble(program(machine));
}

interface Machine {
  readonly auditArch: number;
  /** Numbers from here on belong to another calling convention of the same machine. */
  readonly foreignFrom?: number;
  readonly refused: readonly number[];
  /** Answered as if the kernel did not know them: callers then take an older way, which is watched. */
  readonly unknown: readonly number[];
  readonly clone: number;
}

interface Call {
  readonly x64: number;
  readonly arm64?: number;
}

const REFUSED: Readonly<Record<string, Call>> = {
  ptrace: { x64: 101, arm64: 117 },
  process_vm_readv: { x64: 310, arm64: 270 },
  process_vm_writev: { x64: 311, arm64: 271 },
  pidfd_getfd: { x64: 438, arm64: 438 },
  kcmp: { x64: 312, arm64: 272 },
  mount: { x64: 165, arm64: 40 },
  umount2: { x64: 166, arm64: 39 },
  pivot_root: { x64: 155, arm64: 41 },
  chroot: { x64: 161, arm64: 51 },
  open_tree: { x64: 428, arm64: 428 },
  move_mount: { x64: 429, arm64: 429 },
  fsopen: { x64: 430, arm64: 430 },
  fsconfig: { x64: 431, arm64: 431 },
  fsmount: { x64: 432, arm64: 432 },
  fspick: { x64: 433, arm64: 433 },
  mount_setattr: { x64: 442, arm64: 442 },
  unshare: { x64: 272, arm64: 97 },
  setns: { x64: 308, arm64: 268 },
  bpf: { x64: 321, arm64: 280 },
  perf_event_open: { x64: 298, arm64: 241 },
  userfaultfd: { x64: 323, arm64: 282 },
  add_key: { x64: 248, arm64: 217 },
  request_key: { x64: 249, arm64: 218 },
  keyctl: { x64: 250, arm64: 219 },
  kexec_load: { x64: 246, arm64: 104 },
  kexec_file_load: { x64: 320, arm64: 294 },
  init_module: { x64: 175, arm64: 105 },
  finit_module: { x64: 313, arm64: 273 },
  delete_module: { x64: 176, arm64: 106 },
  name_to_handle_at: { x64: 303, arm64: 264 },
  open_by_handle_at: { x64: 304, arm64: 265 },
  reboot: { x64: 169, arm64: 142 },
  swapon: { x64: 167, arm64: 224 },
  swapoff: { x64: 168, arm64: 225 },
  acct: { x64: 163, arm64: 89 },
  quotactl: { x64: 179, arm64: 60 },
  syslog: { x64: 103, arm64: 116 },
  settimeofday: { x64: 164, arm64: 170 },
  clock_settime: { x64: 227, arm64: 112 },
  iopl: { x64: 172 },
  ioperm: { x64: 173 },
  modify_ldt: { x64: 154 },
  uselib: { x64: 134 },
};
const UNKNOWN: Readonly<Record<string, Call>> = {
  /** Its flags stand in memory, where a filter cannot read them. */
  clone3: { x64: 435, arm64: 435 },
  io_uring_setup: { x64: 425, arm64: 425 },
  io_uring_enter: { x64: 426, arm64: 426 },
  io_uring_register: { x64: 427, arm64: 427 },
};
const CLONE: Required<Call> = { x64: 56, arm64: 220 };

const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    auditArch: 0xc000003e,
    foreignFrom: 0x40000000,
    refused: numbers(REFUSED, "x64"),
    unknown: numbers(UNKNOWN, "x64"),
    clone: CLONE.x64,
  },
  arm64: {
    auditArch: 0xc00000b7,
    refused: numbers(REFUSED, "arm64"),
    unknown: numbers(UNKNOWN, "arm64"),
    clone: CLONE.arm64,
  },
};

function numbers(calls: Readonly<Record<string, Call>>, arch: keyof Call): readonly number[] {
  return Object.values(calls).flatMap((call) => call[arch] ?? []);
}

const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_AT_LEAST = 0x35;
const IF_ANY_BIT = 0x45;
const RETURN = 0x06;
const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const EPERM = 0x00050000 | 1;
const ENOSYS = 0x00050000 | 38;
/** Places in `struct seccomp_data`. */
const AT = { number: 0, arch: 4, firstArgument: 16 } as const;
/** CLONE_NEWTIME is left out: in `clone` its bit belongs to the exit signal. */
const NEW_NAMESPACES =
  0x00020000 | 0x02000000 | 0x04000000 | 0x08000000 | 0x10000000 | 0x20000000 | 0x40000000;

interface Instruction {
  readonly code: number;
  readonly value: number;
  /** How many instructions to pass over, when it holds and when it does not. */
  readonly jumps?: readonly [number, number];
}

function program(machine: Machine): readonly Instruction[] {
  const { auditArch, foreignFrom, refused, unknown, clone } = machine;
  const refuse = (numbers: readonly number[], answer: number): Instruction[] =>
    numbers.flatMap((value) => [
      { code: IF_EQUAL, value, jumps: [0, 1] },
      { code: RETURN, value: answer },
    ]);
  return [
    { code: LOAD, value: AT.arch },
    { code: IF_EQUAL, value: auditArch, jumps: [1, 0] },
    { code: RETURN, value: KILL_PROCESS },
    { code: LOAD, value: AT.number },
    ...(foreignFrom === undefined
      ? []
      : [
          { code: IF_AT_LEAST, value: foreignFrom, jumps: [0, 1] as const },
          { code: RETURN, value: ENOSYS },
        ]),
    ...refuse(refused, EPERM),
    ...refuse(unknown, ENOSYS),
    { code: IF_EQUAL, value: clone, jumps: [0, 3] },
    { code: LOAD, value: AT.firstArgument },
    { code: IF_ANY_BIT, value: NEW_NAMESPACES, jumps: [0, 1] },
    { code: RETURN, value: EPERM },
    { code: RETURN, value: ALLOW },
  ];
}

const INSTRUCTION_BYTES = 8;

/** Both machines are little-endian. */
function assemble(instructions: readonly Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(instructions.length * INSTRUCTION_BYTES));
  for (const [index, { code, value, jumps = [0, 0] }] of instructions.entries()) {
    const at = index * INSTRUCTION_BYTES;
    bytes.setUint16(at, code, true);
    bytes.setUint8(at + 2, jumps[0]);
    bytes.setUint8(at + 3, jumps[1]);
    bytes.setUint32(at + 4, value, true);
  }
  return new Uint8Array(bytes.buffer);
}
