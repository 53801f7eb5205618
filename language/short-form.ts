import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  type Node,
  Pair,
  Scalar,
  YAMLMap,
  YAMLSeq,
} from "yaml";
import { nearest } from "./nearest.ts";
import { MAPPINGS } from "./schema.ts";
import { isMergeKey } from "./yaml-data.ts";

/**
 * The short form of stages, as people write it down: numbered keys or a list of `skill: text`. Rewritten in the YAML
 * tree to the form that the schema describes, each new node with the place of what it was made of.
 *
 * ```yaml
 * stages:
 *   1. root-cause-analyzer: "Deep analysis"
 *   2. [swarm-parallel]:
 *      - lint-code: "All of it"
 * ```
 */
export function expandShortForm(document: Document.Parsed): void {
  const root: unknown = document.contents;
  if (!isMap(root)) return;
  const inner = root.get("cascade", true);
  const cascade = isMap(inner) ? inner : root;
  const pair = cascade.items.find(({ key }) => isScalar(key) && key.value === "stages");
  if (pair !== undefined) pair.value = new Expansion().list(pair.value);
}

const NUMBERED = /^\d+\s*[.)]?\s*(.*)$/s;
const BRACKETED = /^\[\s*([\w-]+)\s*\]$/;
const WITH_NOTE = /^([\w-]+)\s*\((.*)\)$/s;
const TYPES: ReadonlySet<string> = new Set([
  ...["sequential", "parallel", "swarm-parallel", "conditional", "multi-model", "codex-sandbox"],
]);
/** Names of stages that choose between what is written below them. */
const DECISIONS: ReadonlySet<string> = new Set(["conditional", "decision", "multi-model-decision"]);
const STAGE_KEYS: ReadonlySet<string> = new Set([...MAPPINGS.stage.known, ...MAPPINGS.stage.later]);

class Expansion {
  readonly #ids = new Set<string>();

  /** A list of stages in the long form, or what is no short form as it is. */
  list(node: unknown): unknown {
    if (isMap(node)) {
      const isNumbered = node.items.some(({ key }) => /^\d+(\s*[.)]|$)/.test(textOf(key)));
      return isNumbered
        ? listOf(
            node,
            node.items.map((pair) => this.#numbered(pair)),
          )
        : node;
    }
    if (!isSeq(node)) return node;
    return listOf(
      node,
      node.items.map((item) => this.#item(item)),
    );
  }

  #item(item: unknown): unknown {
    if (isScalar(item) && typeof item.value === "string") return this.#stage(item, undefined);
    const [pair, second] = isMap(item) ? item.items : [];
    if (pair === undefined || second !== undefined || !isScalar(pair.key)) return item;
    if (isMergeKey(pair.key)) return item;
    const name = textOf(pair.key);
    // A key of stages, or nearly one, is no name of a skill.
    if (STAGE_KEYS.has(name) || nearest(name, [...STAGE_KEYS]) !== undefined) return item;
    return this.#numbered(pair);
  }

  #numbered({ key, value }: Pair): unknown {
    if (!isScalar(key)) return value;
    const [, name = textOf(key)] = NUMBERED.exec(textOf(key)) ?? [];
    if (name === "") return this.#item(value);
    return this.#stage(key, value, name);
  }

  /** @param place the node whose text names the stage */
  #stage(place: Scalar, value: unknown, name: string = textOf(place)): YAMLMap {
    const at = (text: string): Scalar => scalarAt(text, place);
    const [, bracketed] = BRACKETED.exec(name) ?? [];
    const [, skill = bracketed ?? name, note] = WITH_NOTE.exec(name) ?? [];
    const stage = mapAt(place);
    stage.set(at("stage"), at(this.#idFor(skill)));
    if (DECISIONS.has(skill)) return this.#decision(stage, value, at);
    if (TYPES.has(skill)) stage.set(at("type"), at(skill));
    else stage.set(at("skill"), at(skill));
    if (note !== undefined) stage.set(at("prompt"), at(note));
    if (isSeq(value)) {
      const key = skill === "sequential" ? "stages" : "skills";
      stage.delete("skill");
      stage.set(at(key), key === "stages" ? this.list(value) : this.#skills(value));
    } else if (isMap(value)) {
      for (const pair of value.items) stage.items.push(pair);
    } else if (!isEmpty(value)) {
      stage.set(at("prompt"), value);
    }
    return stage;
  }

  /** What stands below it beside the keys of stages are its branches. */
  #decision(stage: YAMLMap, value: unknown, at: (text: string) => Scalar): YAMLMap {
    stage.set(at("type"), at("conditional"));
    if (!isMap(value)) return stage;
    const branches = mapAt(value);
    for (const pair of value.items) {
      if (STAGE_KEYS.has(textOf(pair.key))) stage.items.push(pair);
      else branches.items.push(new Pair(pair.key, this.#branch(pair.value)));
    }
    if (branches.items.length > 0) stage.set(at("branches"), branches);
    return stage;
  }

  #branch(value: unknown): unknown {
    if (isSeq(value)) {
      const branch = mapAt(value);
      branch.set(scalarAt("stages", value), this.list(value));
      return branch;
    }
    if (!isScalar(value)) return value;
    const [, skill, note] = WITH_NOTE.exec(textOf(value)) ?? [];
    if (skill === undefined || note === undefined) return value;
    const branch = mapAt(value);
    branch.set(scalarAt("skill", value), scalarAt(skill, value));
    branch.set(scalarAt("prompt", value), scalarAt(note, value));
    return branch;
  }

  #skills(list: YAMLSeq): YAMLSeq {
    return listOf(
      list,
      list.items.map((item) => {
        const [pair, second] = isMap(item) ? item.items : [];
        if (pair === undefined || second !== undefined || !isScalar(pair.key)) return item;
        if (isMergeKey(pair.key)) return item;
        if (MAPPINGS.skill.known.includes(textOf(pair.key))) return item;
        const call = mapAt(pair.key);
        call.set(scalarAt("skill", pair.key), scalarAt(textOf(pair.key), pair.key));
        if (!isEmpty(pair.value)) call.set(scalarAt("prompt", pair.key), pair.value);
        return call;
      }),
    );
  }

  /** The skill's name; with a number when it was there before. */
  #idFor(name: string): string {
    let id = name;
    for (let count = 2; this.#ids.has(id); count++) id = `${name}-${count}`;
    this.#ids.add(id);
    return id;
  }
}

function textOf(node: unknown): string {
  return isScalar(node) && typeof node.value === "string" ? node.value : "";
}

function isEmpty(node: unknown): boolean {
  return node === null || node === undefined || (isScalar(node) && node.value === null);
}

function placed<Made extends Node>(made: Made, place: Node): Made {
  if (place.range !== undefined) made.range = place.range;
  return made;
}

function mapAt(place: Node): YAMLMap {
  return placed(new YAMLMap(), place);
}

function scalarAt(text: string, place: Node): Scalar {
  return placed(new Scalar(text), place);
}

function listOf(place: Node, items: readonly unknown[]): YAMLSeq {
  const list = placed(new YAMLSeq(), place);
  list.items = [...items];
  return list;
}
