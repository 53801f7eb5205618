/**
 * The first SIGTERM or SIGINT drains, the second ends the process at once with `exitCode`. One that comes while what is to
 * be drained is still being opened, and may be heard of already, drains it as soon as it is bound.
 * @returns binds what a signal calls
 */
export function drainOnSignal(exitCode: number): (drain: () => void) => void {
  let drain: (() => void) | undefined;
  let told = false;
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      if (told) process.exit(exitCode);
      told = true;
      drain?.();
    });
  }
  return (opened) => {
    drain = opened;
    if (told) opened();
  };
}
