import { expect, it } from "vitest";
import { seccompFilter } from "../../../agents/sandbox/seccomp.ts";

const X64 = 0xc000003e;
const ARM64 = 0xc00000b7;
const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const EPERM = 0x00050001;
const ENOSYS = 0x00050026;

/** What the kernel would answer: the few instructions of classic BPF that the filter is made of. */
function answerTo(
  filter: Uint8Array,
  call: { number: number; arch: number; first?: number },
): number {
  const code = new DataView(filter.buffer);
  const data: Readonly<Record<number, number>> = {
    0: call.number,
    4: call.arch,
    16: call.first ?? 0,
  };
  let accumulator = 0;
  for (let at = 0; at < filter.length; at += 8) {
    const value = code.getUint32(at + 4, true);
    const jump = (holds: boolean): void => {
      at += 8 * code.getUint8(at + (holds ? 2 : 3));
    };
    switch (code.getUint16(at, true)) {
      case 0x20:
        accumulator = data[value] ?? Number.NaN;
        break;
      case 0x15:
        jump(accumulator === value);
        break;
      case 0x35:
        jump(accumulator >= value);
        break;
      case 0x45:
        jump((accumulator & value) !== 0);
        break;
      case 0x06:
        return value;
      default:
        throw new Error("another instruction");
    }
  }
  throw new Error("no answer");
}

it.each([
  ["x64", "write", { number: 1, arch: X64 }, ALLOW],
  ["x64", "execve", { number: 59, arch: X64 }, ALLOW],
  ["x64", "mount", { number: 165, arch: X64 }, EPERM],
  ["x64", "ptrace", { number: 101, arch: X64 }, EPERM],
  ["x64", "clone of a thread", { number: 56, arch: X64, first: 0x3d0f00 }, ALLOW],
  ["x64", "clone into a user namespace", { number: 56, arch: X64, first: 0x10000011 }, EPERM],
  ["x64", "clone3", { number: 435, arch: X64 }, ENOSYS],
  ["x64", "io_uring_setup", { number: 425, arch: X64 }, ENOSYS],
  ["x64", "mount in the convention of x32", { number: 0x400000a5, arch: X64 }, ENOSYS],
  ["x64", "a call of a 32-bit program", { number: 21, arch: 0x40000003 }, KILL],
  ["arm64", "write", { number: 64, arch: ARM64 }, ALLOW],
  ["arm64", "mount", { number: 40, arch: ARM64 }, EPERM],
  ["arm64", "clone into a user namespace", { number: 220, arch: ARM64, first: 0x10000011 }, EPERM],
  ["arm64", "a call of a 32-bit program", { number: 21, arch: 0x40000028 }, KILL],
])("answers on %s to %s", (machine, _, call, answer) => {
  expect(answerTo(seccompFilter(machine) ?? new Uint8Array(), call)).toBe(answer);
});

it("knows when it has none for a machine", () => {
  expect(seccompFilter("riscv64")).toBeUndefined();
});
