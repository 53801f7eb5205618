import { extname } from "node:path";

export const FORMATS = ["csv", "tsv", "json", "ndjson"] as const;
export type Format = (typeof FORMATS)[number];

const ENDINGS: Readonly<Record<string, Format>> = {
  ".csv": "csv",
  ".tsv": "tsv",
  ".tab": "tsv",
  ".json": "json",
  ".ndjson": "ndjson",
  ".jsonl": "ndjson",
};
const DELIMITERS = [",", ";", "\t", "|"] as const;

/** By the file's ending, else by its first characters. */
export function formatOf(path: string, head: string): Format {
  const known = ENDINGS[extname(path).toLowerCase()];
  if (known !== undefined) return known;
  const start = head.trimStart();
  if (start.startsWith("[")) return "json";
  if (!start.startsWith("{")) return "csv";
  const [line = "", ...rest] = start.split("\n");
  return isJson(line) && rest.some((each) => each.trim() !== "") ? "ndjson" : "json";
}

/** The delimiter that the first line holds most; what stands in quotes does not count. */
export function delimiterOf(head: string): string {
  const [line = ""] = head.replace(/"[^"]*"/g, "").split(/[\r\n]/, 1);
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))] ?? ",";
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
