import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** Ends processes that cannot watch for their parent's death themselves, should this process die. */
export interface Guard {
  /** @param pid leader of a process group */
  watch(pid: number): void;
  forget(pid: number): void;
  close(): void;
}

export function openGuard(): Guard {
  const program = fileURLToPath(new URL("./guard.ts", import.meta.url));
  const child = spawn(process.execPath, [program], {
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  child.unref();
  child.stdin.on("error", () => {}); // the guard was killed: nothing is left to tell it
  const say = (word: string, pid: number): void => void child.stdin.write(`${word} ${pid}\n`);
  return {
    watch: (pid) => say("watch", pid),
    forget: (pid) => say("forget", pid),
    close: () => void child.stdin.end(),
  };
}
