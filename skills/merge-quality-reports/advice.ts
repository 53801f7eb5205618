/** What is wrong and what to do about it, as sentences. */
export function adviceOf({
  message,
  fix,
}: {
  readonly message: string;
  readonly fix?: string;
}): string {
  if (fix === undefined) return message;
  return `${message}${/[.!?]$/.test(message) ? "" : "."} Fix: ${fix}`;
}
