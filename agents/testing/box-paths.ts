/** Where things stand in the box that tests run in. */
export const BOX = {
  /** The project. */
  project: "/w",
  /** Where the runner writes its report. */
  reports: "/tmp/report",
  node: "/opt/node",
} as const;

/** A path of the box as one of the project; undefined for one outside. */
export function projectPath(path: string): string | undefined {
  const plain = path.startsWith("file://") ? path.slice("file://".length) : path;
  if (plain.startsWith(`${BOX.project}/`)) return plain.slice(BOX.project.length + 1);
  return plain.startsWith("/") || plain.startsWith("..") ? undefined : plain;
}

/** biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out */
const ESCAPES = /\u001b\[[0-9;?]*[ -/]*[@-~]|\u001b\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|\u001b./g;
/** biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is taken out */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
const MESSAGE_LENGTH = 8_000;

/** What a program of the box said, as plain text with paths of the project, and not longer than a person reads. */
export function plainText(text: string): string {
  const plain = text
    .replaceAll("\r\n", "\n")
    .replace(ESCAPES, "")
    .replace(CONTROLS, "")
    .replaceAll(`file://${BOX.project}/`, "")
    .replaceAll(`${BOX.project}/`, "");
  if (plain.length <= MESSAGE_LENGTH) return plain;
  const half = MESSAGE_LENGTH / 2;
  return `${plain.slice(0, half)}\n…\n${plain.slice(-half)}`.toWellFormed();
}
