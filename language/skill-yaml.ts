import type { z } from "zod";
import { type ErrorLocation, SwarmError } from "../core/errors.ts";
import { parseYaml } from "./parse.ts";

type Path = readonly (string | number)[];

/** YAML of a skill's declarations, whose errors are `invalid-skill` with the file's own lines. */
export interface YamlSource {
  readonly text: string;
  readonly data: unknown;
  locate(path: Path): ErrorLocation;
  error(path: Path, message: string, hint?: string): SwarmError;
}

/** Where a YAML text begins in its file, so that errors name the file's own lines. */
export interface YamlOrigin {
  readonly file: string;
  readonly lineOffset: number;
  readonly columnOffset: number;
  /** What the text is called in errors about the whole of it. */
  readonly what: string;
}

/** @throws SwarmError `invalid-skill` when it is no YAML or holds what data from outside must not */
export function openYaml(text: string, origin: YamlOrigin): YamlSource {
  const { file, lineOffset, columnOffset, what } = origin;
  const inFile = ({ line = 1, column = 1 }: ErrorLocation): ErrorLocation => ({
    file,
    line: line + lineOffset,
    column: column + columnOffset,
  });
  const parsed = parseYaml({ text, file });
  if (!parsed.ok) {
    const [first] = parsed.diagnostics;
    throw new SwarmError("invalid-skill", `not valid YAML: ${first?.message}`, {
      location: inFile(first?.location ?? {}),
      ...(first?.hint === undefined ? {} : { hint: first.hint }),
    });
  }
  const locate = (path: Path): ErrorLocation => inFile(parsed.locate(path));
  return {
    text,
    data: parsed.data,
    locate,
    error: (path, message, hint) =>
      new SwarmError("invalid-skill", `${path.join(".") || what}: ${message}`, {
        location: locate(path),
        ...(hint === undefined ? {} : { hint }),
      }),
  };
}

/** What stands at `at`, checked. @throws SwarmError `invalid-skill` for the first thing that does not fit */
export function checkYaml<Data>(
  source: YamlSource,
  schema: z.ZodType<Data>,
  { at = [], unknownKey }: { readonly at?: Path; readonly unknownKey?: string } = {},
): Data {
  const parsed = schema.safeParse(valueAt(source, at));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const path = [...at, ...((issue?.path ?? []) as (string | number)[])];
  const key = issue?.code === "unrecognized_keys" ? issue.keys[0] : undefined;
  if (key === undefined) throw source.error(path, issue?.message ?? "does not fit");
  throw source.error([...path, key], "is not a known key", unknownKey);
}

export function valueAt(source: YamlSource, path: Path): unknown {
  return path.reduce<unknown>(
    (value, key) => (value as Record<string | number, unknown> | null | undefined)?.[key],
    source.data,
  );
}
