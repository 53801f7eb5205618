/** Signals a child that leads its own process group, and everything in the group; true when it was there. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false; // it is gone, which is what was wanted
  }
}
