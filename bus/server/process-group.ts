/** Signals a child that leads its own process group, and everything in the group; true when it was there. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false; // it is gone, which is what was wanted
  }
}

/** True while anything is left of the group that `pid` leads, be it a zombie that waits for its reaper. */
export function groupExists(pid: number): boolean {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}
