import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  type Scalar,
  type YAMLMap,
} from "yaml";
import { FORBIDDEN_KEYS } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import { isMarkerKey } from "../core/value.ts";
import type { Findings } from "./findings.ts";
import type { PlaceOf } from "./places.ts";
import { type Aliased, isMergeKey } from "./yaml-data.ts";

/**
 * Refuses what YAML allows but JSON data from outside must not hold, and aliases that multiply or nest without bound.
 * @returns what the aliases stand for
 */
export function refuseUnsafe(
  document: Document.Parsed,
  findings: Findings,
  place: PlaceOf,
): Aliased {
  const { version, explicit } = document.directives.yaml;
  if (explicit && version !== "1.2") {
    findings.report("invalid-yaml", `YAML ${version} is not read, only 1.2`, () => place(0));
  }
  const inspection = new Inspection(findings, place);
  inspection.inspect(document.contents, 0);
  return inspection.aliased;
}

/** Values that a file may have through aliases, on top of those written in it. */
const VALUES_BY_ALIAS = 100_000;

/** A node once its aliases are followed. */
interface Extent {
  /** Values, itself included. */
  readonly size: number;
  /** Mappings and lists inside each other. */
  readonly height: number;
}

const FLAT: Extent = { size: 1, height: 0 };

class Inspection {
  readonly aliased = new Map<Alias, Node>();
  readonly #findings: Findings;
  readonly #place: PlaceOf;
  /** What each anchor names; undefined while it is being read. */
  readonly #anchored = new Map<string, (Extent & { readonly node: Node }) | undefined>();
  #byAlias = 0;
  #isTooDeep = false;

  constructor(findings: Findings, place: PlaceOf) {
    this.#findings = findings;
    this.#place = place;
  }

  /**
   * Recursive, for the depth is bounded.
   * @param depth mappings and lists around it
   */
  inspect(node: unknown, depth: number): Extent {
    if (isAlias(node)) return this.#inspectAlias(node, depth);
    if (!isScalar(node) && !isMap(node) && !isSeq(node)) return FLAT;
    if (node.anchor !== undefined) this.#anchored.set(node.anchor, undefined);
    let extent = FLAT;
    if (isScalar(node)) {
      this.#inspectScalar(node, node.range?.[0] ?? 0);
    } else {
      if (isMap(node)) this.#inspectKeys(node);
      const inside = isMap(node) ? node.items.map(({ value }) => value) : node.items;
      extent = this.#inspectAll(inside, depth + 1);
    }
    if (node.anchor !== undefined) this.#anchored.set(node.anchor, { ...extent, node });
    return extent;
  }

  #inspectAll(nodes: readonly unknown[], depth: number): Extent {
    let size = 1;
    let height = 1;
    for (const node of nodes) {
      const extent = this.inspect(node, depth);
      size += extent.size;
      height = Math.max(height, extent.height + 1);
    }
    return { size, height };
  }

  #inspectAlias(alias: Alias, depth: number): Extent {
    const { source } = alias;
    const offset = alias.range?.[0] ?? 0;
    const named = this.#anchored.get(source);
    if (named === undefined) {
      const known = this.#anchored.has(source);
      const why = known ? "stands inside what it names" : "names no anchor before it";
      this.#report(`the alias *${source} ${why}`, offset);
      return FLAT;
    }
    this.aliased.set(alias, named.node);
    const before = this.#byAlias;
    this.#byAlias += named.size;
    if (before <= VALUES_BY_ALIAS && this.#byAlias > VALUES_BY_ALIAS) {
      this.#report(`aliases make more than ${VALUES_BY_ALIAS} values of this file`, offset);
    }
    this.#refuseDepth(depth + named.height, offset);
    return named;
  }

  /** Each alias may lead to others: written flat, a file can be thousands of lists deep. */
  #refuseDepth(depth: number, offset: number): void {
    if (depth <= LIMITS.yamlDepth || this.#isTooDeep) return;
    this.#isTooDeep = true;
    const message = `yamlDepth: ${depth} given by aliases, ${LIMITS.yamlDepth} allowed`;
    this.#findings.report("limit-exceeded", message, () => this.#place(offset));
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
    for (const { key, value } of map.items) {
      if (!isScalar(key) || typeof key.value !== "string") continue;
      const offset = key.range?.[0] ?? 0;
      if (FORBIDDEN_KEYS.has(key.value) || isMarkerKey(key.value)) {
        this.#report(`the key ${JSON.stringify(key.value)} is not allowed`, offset);
      } else if (isMergeKey(key) && !this.#isMergeable(value)) {
        const hint = "write <<: *name, or <<: [*one, *other]";
        this.#report("a merge key (`<<`) takes a mapping or a list of mappings", offset, hint);
      } else if (seen.has(key.value)) {
        this.#report(`the key ${JSON.stringify(key.value)} stands twice in this mapping`, offset);
      }
      seen.add(key.value);
    }
  }

  /** What is wrong with an alias itself is said where it stands. */
  #isMergeable(value: unknown): boolean {
    const isMapping = (node: unknown): boolean => {
      if (!isAlias(node)) return isMap(node);
      const named = this.#anchored.get(node.source);
      return named === undefined || isMap(named.node);
    };
    return isSeq(value) ? value.items.every(isMapping) : isMapping(value);
  }

  #report(message: string, offset: number, hint?: string): void {
    this.#findings.report("invalid-yaml", message, () => this.#place(offset), hint);
  }
}

/** True for a whole number that a double cannot tell from its neighbours. */
function isRounded(value: number, source: string): boolean {
  return /^(?:[-+]?\d+|0[xo][\da-fA-F]+)$/.test(source) && !Number.isSafeInteger(value);
}
