/** The server's quoted strings know the escapes of JSON, but no \\u. @throws Error for control characters */
export function quoted(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is refused
  if (/[\u0000-\u001f]/.test(text))
    throw new Error(`cannot be written into the server's configuration: ${JSON.stringify(text)}`);
  return `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
}
