import type { z } from "zod";
import { isJsonObject } from "../core/json.ts";
import type { Findings } from "./findings.ts";
import { didYouMean, nearest } from "./nearest.ts";
import type { ParsedYaml } from "./parse.ts";
import { quoted, strangeLetter } from "./quoted.ts";
import { mappingAt } from "./schema.ts";

type Issue = z.core.$ZodIssue;

/** What breaks the schema, in words and at its place. */
export class SchemaIssues {
  readonly #yaml: ParsedYaml;
  readonly #asName: boolean;
  readonly #findings: Findings;

  constructor(yaml: ParsedYaml, asName: boolean, findings: Findings) {
    this.#yaml = yaml;
    this.#asName = asName;
    this.#findings = findings;
  }

  report(issues: readonly Issue[]): void {
    const mistyped = this.#mistypedKeys(issues);
    for (const issue of issues) {
      if (!mistyped.has(JSON.stringify(issue.path))) this.#reportIssue(issue);
    }
  }

  #reportIssue(issue: Issue): void {
    const given = this.#valueAt(issue.path);
    if (issue.code === "unrecognized_keys") {
      for (const key of issue.keys) this.#unknownKey(key, issue.path);
    } else if (issue.code === "invalid_value" && typeof given === "string") {
      this.#wrongValue(given, issue.values.map(String), issue.path);
    } else if (issue.code === "invalid_union") {
      this.#noneFits(issue, given);
    } else if (given === undefined) {
      this.#say(issue.path.slice(0, -1), `the key "${String(issue.path.at(-1))}" is missing`);
    } else {
      const message = `${nameOf(issue.path)} ${demand(issue)}, but is ${shown(given)}`;
      const strange = typeof given === "string" ? strangeLetter(given) : undefined;
      const isName = strange !== undefined && issue.message.includes("letters");
      const key = String(issue.path.at(-1));
      const inPlace = typeof given === "string" ? IN_PLACE_OF_TEXT[key] : undefined;
      const hint = isName ? strange : inPlace;
      this.#say(issue.path, message, hint === undefined ? {} : { hint: () => hint });
    }
  }

  #unknownKey(key: string, path: readonly PropertyKey[]): void {
    const { known, later } = mappingAt(path, this.#asName);
    if (later.has(key)) {
      this.#later(path, `"${key}"`, key);
    } else {
      const isFile = path.length === 0 && !this.#asName;
      const belongs = isFile && mappingAt(["cascade"], false).known.includes(key);
      this.#say(path, `the key ${quoted(key)} is not known here`, {
        key,
        hint: () => (belongs ? "put it under `cascade:`, beside the name" : didYouMean(key, known)),
      });
    }
  }

  #wrongValue(given: string, allowed: readonly string[], path: readonly PropertyKey[]): void {
    const message = `${nameOf(path)} must be one of ${allowed.join(", ")}, but is ${shown(given)}`;
    this.#say(path, message, { hint: () => hintFor(given, allowed) });
  }

  /** A mapping is judged by the option that is one; of anything else, what it may be is said. */
  #noneFits(issue: z.core.$ZodIssueInvalidUnion, given: unknown): void {
    const forMapping = issue.errors.find((errors) => !errors.some(isOfWrongKind));
    if (isJsonObject(given) && forMapping !== undefined) {
      this.report(forMapping.map((each) => ({ ...each, path: [...issue.path, ...each.path] })));
      return;
    }
    const isList = typeof issue.path.at(-1) === "number";
    const key = String(isList ? issue.path.at(-2) : issue.path.at(-1));
    const what = (isList ? ENTRIES : CHOICES)[key] ?? "a text";
    this.#say(issue.path, `${nameOf(issue.path)} must be ${what}, but is ${shown(given)}`);
  }

  /** Paths that are missing only because a key nearly of that name stands there: one error says it. */
  #mistypedKeys(issues: readonly Issue[]): ReadonlySet<string> {
    const paths = new Set<string>();
    for (const issue of issues) {
      if (issue.code !== "unrecognized_keys") continue;
      const { known } = mappingAt(issue.path, this.#asName);
      const present = Object.keys(this.#valueAt(issue.path) as object);
      for (const key of issue.keys.slice(0, 100)) {
        const meant = nearest(key, known);
        if (meant !== undefined && !present.includes(meant)) {
          paths.add(JSON.stringify([...issue.path, meant]));
        }
      }
    }
    return paths;
  }

  #later(path: readonly PropertyKey[], what: string, key?: string): void {
    this.#findings.report(
      "not-supported",
      `${what} is part of the language but cannot be carried out by this version`,
      () => this.#yaml.locate(path, key),
    );
  }

  #say(
    path: readonly PropertyKey[],
    message: string,
    more: { readonly key?: string; readonly hint?: () => string } = {},
  ): void {
    this.#findings.report(
      "invalid-cascade",
      message,
      () => this.#yaml.locate(path, more.key),
      more.hint,
    );
  }

  #valueAt(path: readonly PropertyKey[]): unknown {
    let value = this.#yaml.data;
    for (const step of path) {
      if (typeof value !== "object" || value === null || !Object.hasOwn(value, step)) {
        return undefined;
      }
      value = (value as Record<PropertyKey, unknown>)[step];
    }
    return value;
  }
}

/** What may stand in a list, by its key, where that may be of several kinds. */
const ENTRIES: Readonly<Record<string, string>> = {
  skills: "the name of a skill or {skill, inputs}",
};
/** What may stand under a key, where that may be of several kinds and a text is none of them. */
const CHOICES: Readonly<Record<string, string>> = {
  fallback: "the name of a skill or a list of such names",
  escalate: "true, or what to ask",
  outputs: "a list of names or a mapping of new names to the skill's own",
  wait: "a text with a unit, such as 10m, or {signal, timeout, on_timeout}",
  notify: "a notification, as {on, http} or {on, run}, or a list of them",
};

/** What to write in place of a text, by the key that it stands under. */
const IN_PLACE_OF_TEXT: Readonly<Record<string, string>> = {
  run: "there is no shell: write the program and each argument as an entry of its own, as [npm, test]",
};

const KINDS: Readonly<Record<string, string>> = {
  object: "a mapping",
  record: "a mapping",
  array: "a list",
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
};

function demand(issue: Issue): string {
  if (issue.message.startsWith("must ")) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return `must be ${KINDS[issue.expected] ?? issue.expected}`;
    case "too_small":
      return issue.origin === "array" || issue.origin === "string"
        ? "must not be empty"
        : `must be at least ${issue.minimum}`;
    case "too_big":
      return issue.origin === "array"
        ? `must have at most ${issue.maximum} entries`
        : `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** A value as the reader recognises it, on one line. */
function shown(given: unknown): string {
  if (given === null || given === undefined) return "empty";
  if (Array.isArray(given))
    return given.length === 0 ? "an empty list" : `a list of ${given.length}`;
  if (typeof given === "object") return "a mapping";
  const text = typeof given === "string" ? quoted(given) : JSON.stringify(given);
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** `stages[0].timeout`. */
function nameOf(path: readonly PropertyKey[]): string {
  if (path.length === 0) return "the file";
  return path
    .map((step, index) =>
      typeof step === "number" ? `[${step}]` : `${index > 0 ? "." : ""}${String(step)}`,
    )
    .join("");
}

function isOfWrongKind(issue: {
  readonly code?: string;
  readonly path: readonly PropertyKey[];
}): boolean {
  return issue.code === "invalid_type" && issue.path.length === 0;
}

/** `sequential | parallel` stands in descriptions of the language, where one is meant. */
function hintFor(given: string, allowed: readonly string[]): string {
  const choices = given.split("|").map((choice) => choice.trim());
  if (choices.length > 1) return `this is a choice: write one, such as ${choices[0]}`;
  const near = nearest(given, allowed);
  return near === undefined ? "write one of these" : `did you mean "${near}"?`;
}
