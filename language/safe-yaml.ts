import { type Document, isAlias, isMap, isScalar, isSeq, type Scalar, type YAMLMap } from "yaml";
import type { ErrorLocation } from "../core/errors.ts";
import { FORBIDDEN_KEYS } from "../core/json.ts";
import { BLOB_KEY } from "../core/value.ts";
import type { Findings } from "./findings.ts";

/** The place of an offset in the text. */
export type PlaceOf = (offset: number) => ErrorLocation;

/** Refuses what YAML allows but JSON data from outside must not hold, and aliases that multiply without bound. */
export function refuseUnsafe(document: Document.Parsed, findings: Findings, place: PlaceOf): void {
  const { version, explicit } = document.directives.yaml;
  if (explicit && version !== "1.2") {
    findings.report("invalid-yaml", `YAML ${version} is not read, only 1.2`, () => place(0));
  }
  new Inspection(findings, place).inspect(document.contents);
}

const CORE_TAGS: ReadonlySet<string> = new Set([
  "!",
  ...["str", "int", "float", "bool", "null", "map", "seq"].map(
    (name) => `tag:yaml.org,2002:${name}`,
  ),
]);

/** Values that a file may have through aliases, on top of those written in it. */
const VALUES_BY_ALIAS = 100_000;

class Inspection {
  readonly #findings: Findings;
  readonly #place: PlaceOf;
  /** Values under each anchor, itself included; undefined while it is being read. */
  readonly #sizes = new Map<string, number | undefined>();
  #byAlias = 0;

  constructor(findings: Findings, place: PlaceOf) {
    this.#findings = findings;
    this.#place = place;
  }

  /** Recursive, for the depth is bounded. @returns how many values there are once aliases are followed */
  inspect(node: unknown): number {
    if (isAlias(node)) return this.#inspectAlias(node.source, node.range?.[0] ?? 0);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return 1;
    const offset = node.range?.[0] ?? 0;
    if (node.anchor !== undefined) this.#sizes.set(node.anchor, undefined);
    if (node.tag !== undefined && !CORE_TAGS.has(node.tag)) {
      this.#report(`the tag ${node.tag} is not known`, offset);
    }
    let size = 1;
    if (isScalar(node)) {
      this.#inspectScalar(node, offset);
    } else if (isMap(node)) {
      this.#inspectKeys(node);
      for (const { value } of node.items) size += this.inspect(value);
    } else {
      for (const item of node.items) size += this.inspect(item);
    }
    if (node.anchor !== undefined) this.#sizes.set(node.anchor, size);
    return size;
  }

  #inspectAlias(source: string, offset: number): number {
    const size = this.#sizes.get(source);
    if (size === undefined) {
      const known = this.#sizes.has(source);
      const why = known ? "stands inside what it names" : "names no anchor before it";
      this.#report(`the alias *${source} ${why}`, offset);
      return 1;
    }
    const before = this.#byAlias;
    this.#byAlias += size;
    if (before <= VALUES_BY_ALIAS && this.#byAlias > VALUES_BY_ALIAS) {
      this.#report(`aliases make more than ${VALUES_BY_ALIAS} values of this file`, offset);
    }
    return size;
  }

  #inspectScalar(scalar: Scalar, offset: number): void {
    const { value, source } = scalar;
    if (typeof value === "number" && !Number.isFinite(value)) {
      this.#report(`${source} is not a number that JSON can hold`, offset);
    } else if (typeof value === "number" && isRounded(value, source ?? "")) {
      this.#report(`${source} is too large to be kept exactly`, offset, "put it in quotes");
    } else if (typeof value === "string" && !value.isWellFormed()) {
      this.#report("the text holds half of a surrogate pair", offset);
    }
  }

  #inspectKeys(map: YAMLMap): void {
    const seen = new Set<string>();
    for (const { key } of map.items) {
      if (!isScalar(key) || typeof key.value !== "string") continue;
      const offset = key.range?.[0] ?? 0;
      if (FORBIDDEN_KEYS.has(key.value) || key.value === BLOB_KEY) {
        this.#report(`the key ${JSON.stringify(key.value)} is not allowed`, offset);
      } else if (key.value === "<<" && key.type === "PLAIN") {
        const message = "merge keys (`<<`) cannot be carried out by this version";
        const hint = "use an alias for a whole value";
        this.#findings.report("not-supported", message, () => this.#place(offset), hint);
      } else if (seen.has(key.value)) {
        this.#report(`the key ${JSON.stringify(key.value)} stands twice in this mapping`, offset);
      }
      seen.add(key.value);
    }
  }

  #report(message: string, offset: number, hint?: string): void {
    this.#findings.report("invalid-yaml", message, () => this.#place(offset), hint);
  }
}

/** True for a whole number that a double cannot tell from its neighbours. */
function isRounded(value: number, source: string): boolean {
  return /^(?:[-+]?\d+|0[xo][\da-fA-F]+)$/.test(source) && !Number.isSafeInteger(value);
}
