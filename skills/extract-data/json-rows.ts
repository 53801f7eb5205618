import { SwarmError } from "../../core/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../../core/json.ts";
import type { DataFile } from "./data-file.ts";
import { parseJson, refuseUnsafe } from "./json-values.ts";
import { LIMITS, refuseOver } from "./limits.ts";
import { isOverMost, type Skipped } from "./skipped.ts";

export interface JsonRows {
  readonly rows: readonly JsonObject[];
  readonly skipped: readonly Skipped[];
  readonly complete: boolean;
}

interface Options {
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
}

/** Rows of a JSON list, that at `pointer` or the whole file. @throws SwarmError `invalid-input` or `limit-exceeded` */
export async function readJsonList(
  file: DataFile,
  options: Options & { readonly pointer: string },
): Promise<JsonRows> {
  const texts: string[] = [];
  for await (const text of file.texts(options.signal)) texts.push(text);
  const list = valueAt(parseWhole(texts.join(""), file.path), options.pointer, file.path);
  if (!Array.isArray(list)) {
    throw wrong(
      file,
      options.pointer,
      "there is no list of rows at",
      "give `pointer`, such as /items",
    );
  }
  if (options.limit === undefined) refuseOver("rows", list.length, file.path);
  const rows: JsonObject[] = [];
  const skipped: Skipped[] = [];
  let complete = true;
  for (const [index, entry] of (list as readonly Json[]).entries()) {
    if (index % 1_000 === 0) options.signal.throwIfAborted();
    if (isOverMost(skipped)) break;
    if (!isJsonObject(entry)) {
      skipped.push({ index, reason: `${kindOf(entry)} where an object is expected` });
    } else if (rows.length === options.limit) {
      complete = false;
      break;
    } else {
      refuseUnsafe(entry, { file: file.path, pointer: `${options.pointer}/${index}` });
      rows.push(entry);
    }
  }
  return { rows, skipped, complete };
}

/** Rows of a file with a JSON object a line, read as a stream. @throws SwarmError `invalid-input` or `limit-exceeded` */
export async function readJsonLines(file: DataFile, { limit, signal }: Options): Promise<JsonRows> {
  const rows: JsonObject[] = [];
  const skipped: Skipped[] = [];
  let line = 0;
  for await (const text of linesOf(file.texts(signal))) {
    line++;
    if (text.trim() === "") continue;
    const entry = readLine(text);
    if (typeof entry === "string") {
      skipped.push({ line, reason: entry });
      if (isOverMost(skipped)) break;
    } else if (rows.length === limit) {
      return { rows, skipped, complete: false };
    } else {
      refuseUnsafe(entry, { file: file.path, line });
      rows.push(entry);
      if (rows.length > LIMITS.rows && limit === undefined)
        refuseOver("rows", rows.length, file.path);
    }
  }
  return { rows, skipped, complete: true };
}

/** Lines end with LF only: other characters that count as line ends elsewhere may stand in JSON texts. */
async function* linesOf(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let parts: string[] = [];
  for await (const text of texts) {
    const [first = "", ...rest] = text.split("\n");
    parts.push(first);
    for (const next of rest) {
      yield parts.join("");
      parts = [next];
    }
  }
  yield parts.join("");
}

/** The object of a line, or why it is none. */
function readLine(text: string): JsonObject | string {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : `${kindOf(value)} where an object is expected`;
  } catch (error) {
    return whyNoJson(error);
  }
}

function parseWhole(text: string, path: string): Json {
  try {
    return parseJson(text);
  } catch (error) {
    const position = Number(/at position (\d+)/.exec(String(error))?.[1] ?? Number.NaN);
    const line = Number.isNaN(position) ? undefined : text.slice(0, position).split("\n").length;
    throw new SwarmError("invalid-input", `${path} is no JSON: ${whyNoJson(error)}`, {
      location: { file: path, ...(line === undefined ? {} : { line }) },
      cause: error,
    });
  }
}

/** The parser's words without the piece of the file that it quotes. */
function whyNoJson(error: unknown): string {
  if (error instanceof RangeError) return "nested too deeply";
  if (!(error instanceof SyntaxError)) throw error;
  return error.message.replace(/, ?"[\s\S]*/, "").replace(/ in JSON at position[\s\S]*/, "");
}

function valueAt(value: Json, pointer: string, path: string): Json | undefined {
  let at: Json | undefined = value;
  for (const part of pointer.split("/").slice(1)) {
    const key = part.replaceAll("~1", "/").replaceAll("~0", "~");
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) {
      throw wrong({ path }, pointer, "there is nothing at", "check `pointer`");
    }
    at = (at as JsonObject)[key];
  }
  return at;
}

function wrong(
  file: { readonly path: string },
  pointer: string,
  what: string,
  hint: string,
): SwarmError {
  const place = pointer === "" ? "the top" : pointer;
  return new SwarmError("invalid-input", `${file.path}: ${what} ${place}`, {
    hint,
    location: { file: file.path, pointer },
  });
}

function kindOf(value: Json): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}
