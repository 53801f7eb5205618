import type { ErrorCode, ErrorLocation } from "../core/errors.ts";
import type { Findings } from "./findings.ts";
import type { ParsedYaml } from "./parse.ts";

/** Steps from the root of a file to a value. */
export type Path = readonly PropertyKey[];
export type Hint = string | (() => string);

/** Says what is wrong with one file, at its place. */
export class Reporter {
  readonly #yaml: ParsedYaml;
  readonly #root: Path;
  readonly #findings: Findings;

  /** @param root the path of the cascade in its file; all paths given are below it */
  constructor(yaml: ParsedYaml, root: Path, findings: Findings) {
    this.#yaml = yaml;
    this.#root = root;
    this.#findings = findings;
  }

  report(code: ErrorCode, message: string, path: Path, hint?: Hint): void {
    this.#findings.report(code, message, () => this.locate(path), hint);
  }

  /** At a key of the mapping at the path. */
  reportKey(code: ErrorCode, message: string, path: Path, key: string, hint?: Hint): void {
    const locate = (): ErrorLocation => this.#yaml.locate([...this.#root, ...path], key);
    this.#findings.report(code, message, locate, hint);
  }

  /** Inside the text at the path. @param offset from 0 */
  reportText(code: ErrorCode, message: string, path: Path, offset: number, hint?: Hint): void {
    const locate = (): ErrorLocation => this.#yaml.locateText([...this.#root, ...path], offset);
    this.#findings.report(code, message, locate, hint);
  }

  locate(path: Path): ErrorLocation {
    return this.#yaml.locate([...this.#root, ...path]);
  }

  /** A scalar as it was written. */
  written(path: Path): string | undefined {
    return this.#yaml.written([...this.#root, ...path]);
  }
}
