import { extname } from "node:path";
import type { MutationLanguage } from "./mutation.ts";
import { PYTHON_LANGUAGE } from "./python/python-language.ts";
import { SCRIPT_LANGUAGE } from "./script/script-language.ts";

const SCRIPT_ENDINGS = [".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"];

const LANGUAGES: ReadonlyMap<string, MutationLanguage> = new Map([
  ...SCRIPT_ENDINGS.map((ending) => [ending, SCRIPT_LANGUAGE] as const),
  [".py", PYTHON_LANGUAGE],
]);

/** Undefined for files that the repairer cannot read. */
export function languageOf(file: string): MutationLanguage | undefined {
  return LANGUAGES.get(extname(file).toLowerCase());
}
