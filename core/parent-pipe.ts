/**
 * A child of the supervisor ends with it: when the pipe on its standard input closes, whatever the reason, the
 * child and everything in its process group is killed. Does nothing for a process that was started by hand.
 */
export function exitWithParent(env: Readonly<Record<string, string | undefined>>): void {
  if (env["CASCADE_PARENT_PIPE"] !== "1") return;
  const end = (): void => {
    try {
      process.kill(-process.pid, "SIGKILL"); // as the leader of its group: its own children, too
    } catch {
      process.exit(1); // it does not lead a group
    }
  };
  process.stdin.on("end", end);
  process.stdin.on("error", end);
  process.stdin.resume();
  process.stdin.unref?.();
}
