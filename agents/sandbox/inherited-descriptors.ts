import { readdirSync, readFileSync } from "node:fs";

const CLOSED_ON_EXEC = 0o2_000_000;

/**
 * Descriptors that this process was started with and that every program which it starts would get, too, such as an open file
 * of the shell that started it. Node marks its own as closed at the start of a program; these are not its own.
 * @param from the lowest to look at
 */
export function inheritedDescriptors(from: number): readonly number[] {
  return readdirSync("/proc/self/fdinfo")
    .map(Number)
    .filter((descriptor) => descriptor >= from && isPassedOn(descriptor))
    .sort((a, b) => a - b);
}

function isPassedOn(descriptor: number): boolean {
  try {
    const text = readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8");
    const flags = Number.parseInt(/^flags:\s*(\d+)/m.exec(text)?.[1] ?? "0", 8);
    return (flags & CLOSED_ON_EXEC) === 0;
  } catch {
    return false; // the one that the folder was read with
  }
}
