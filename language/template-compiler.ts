import { isJsonObject, type Json } from "../core/json.ts";
import type { Expression, InputType, Reference, Template } from "../core/plan.ts";
import { checkExpression } from "./expression.ts";
import type { NamePlace, Names } from "./names.ts";
import type { Path, Reporter } from "./reporter.ts";
import { splitText, type TextPart, type WrittenExpression } from "./template.ts";

/** Where a template stands: in the file, and what its names mean there. */
export interface TemplatePlace {
  readonly path: Path;
  readonly names: NamePlace;
  /** Where secrets may stand; nowhere when it is absent. */
  readonly secrets?: SecretPlace;
}

/** `value`: it is the whole value. `entries`: of a mapping, each entry may be one. `texts`: or a text with one in it. */
export type SecretPlace = "value" | "entries" | "texts";

export interface TypedTemplate {
  readonly template: Template;
  readonly type: InputType;
  /** It was reported as wrong: nothing more is to be said of it. */
  readonly isBroken?: true;
}

interface CheckedExpression {
  readonly template: { readonly kind: "reference"; readonly reference: Reference } | Expression;
  readonly type: InputType;
}

/** Compiles the values that a cascade writes, with `${…}` in them, and reports what is wrong with those. */
export class TemplateCompiler {
  readonly #names: Names;
  readonly #reporter: Reporter;

  constructor(names: Names, reporter: Reporter) {
    this.#names = names;
    this.#reporter = reporter;
  }

  compile(value: Json, place: TemplatePlace): TypedTemplate {
    if (typeof value === "string") return this.#text(value, place);
    if (typeof value !== "object" || value === null) return literal(value);
    const { secrets, ...withoutSecrets } = place;
    const inside: TemplatePlace =
      secrets === undefined || secrets === "value" || Array.isArray(value)
        ? withoutSecrets
        : { ...withoutSecrets, secrets: secrets === "texts" ? "texts" : "value" };
    const below = (step: PropertyKey): TemplatePlace => ({
      ...inside,
      path: [...place.path, step],
    });
    if (Array.isArray(value)) {
      const items = value.map((item: Json, index) => this.compile(item, below(index)).template);
      // Its own values, not `value`: an escaped `$${` reads differently.
      return items.every(isPlain)
        ? literal(items.map((item) => item.value))
        : { template: { kind: "list", items }, type: "array" };
    }
    const entries = Object.entries(value).map(
      ([key, entry]) => [key, this.compile(entry as Json, below(key)).template] as const,
    );
    const plain = entries.flatMap(([key, entry]) => (isPlain(entry) ? [[key, entry.value]] : []));
    return plain.length === entries.length
      ? literal(Object.fromEntries(plain) as Json)
      : { template: { kind: "map", entries: Object.fromEntries(entries) }, type: "object" };
  }

  /**
   * A condition: true, false or a text that is an expression as a whole, with or without `${…}` around its parts.
   * @returns undefined when it is wrong, which was reported
   */
  condition(value: Json, place: TemplatePlace): TypedTemplate | undefined {
    if (typeof value !== "string") return literal(value);
    const split = splitText(value);
    if (!split.ok) {
      this.#reporter.reportText(
        "unknown-reference",
        split.message,
        place.path,
        split.offset,
        split.hint,
      );
      return undefined;
    }
    return this.#expression(asOneExpression(value), place);
  }

  #text(text: string, place: TemplatePlace): TypedTemplate {
    const split = splitText(text);
    if (!split.ok) {
      this.#reporter.reportText(
        "unknown-reference",
        split.message,
        place.path,
        split.offset,
        split.hint,
      );
      return BROKEN;
    }
    const secret = this.#secret(split.parts, place);
    if (secret !== undefined) return secret;
    const pieces = split.parts.map((part) =>
      typeof part === "string" ? part : this.#expression(part, place),
    );
    if (pieces.includes(undefined)) return BROKEN;
    const [first] = pieces;
    if (first === undefined) return literal("");
    if (pieces.length === 1) return typeof first === "string" ? literal(first) : first;
    const parts = pieces.flatMap((piece) => {
      if (typeof piece !== "object") return piece ?? [];
      const { template } = piece;
      return template.kind === "reference" ? template.reference : template;
    });
    return { template: { kind: "text", parts }, type: "string" };
  }

  /** Undefined when there is none, or none may be here: then it is judged as any other name. */
  #secret(parts: readonly TextPart[], { names: _, secrets, path }: TemplatePlace) {
    if (secrets === undefined || secrets === "entries" || this.#names.hasInput("secrets")) {
      return undefined;
    }
    const found = parts.findIndex((part) => typeof part === "object" && secretIn(part) !== "");
    const part = parts[found];
    if (typeof part !== "object") return undefined;
    const others = parts.filter((_, index) => index !== found);
    const isWhole = others.length === 0;
    if (!isWhole && (secrets === "value" || !others.every((other) => typeof other === "string"))) {
      return undefined;
    }
    const name = secretIn(part);
    const refused = this.#names.refusedSecret(name);
    if (refused !== undefined) {
      const message = `\${${part.text}}: ${refused.why}`;
      this.#reporter.reportText("unknown-reference", message, path, part.offset, refused.hint);
      return BROKEN;
    }
    const before = parts.slice(0, found).join("");
    const after = parts.slice(found + 1).join("");
    return { template: { kind: "secret", name, before, after }, type: "string" } as const;
  }

  /** Undefined when it is wrong, which was reported. */
  #expression(
    { text, offset }: WrittenExpression,
    place: TemplatePlace,
  ): CheckedExpression | undefined {
    const checked = checkExpression(text, {
      isKnown: (name) => this.#names.isKnown(name),
      resolve: (path, source) => this.#names.resolve(path, source, place.names),
    });
    if (checked.ok) return checked;
    for (const { code, message, hint, offset: within } of checked.problems) {
      this.#reporter.reportText(code, message, place.path, offset + within, hint);
    }
    return undefined;
  }
}

const BROKEN: TypedTemplate = {
  template: { kind: "literal", value: null },
  type: "any",
  isBroken: true,
};

/** The name of the secret that an expression is; "" when it is none. */
function secretIn({ text }: WrittenExpression): string {
  return /^\s*secrets(?:\.(\w+)|\["(\w+)"\])\s*$/.exec(text)?.slice(1).join("") ?? "";
}

/** `${a.b} >= ${inputs.c}` as one expression of the same length, so that places in it stay what they are. */
function asOneExpression(text: string): WrittenExpression {
  const split = splitText(text);
  if (!split.ok) return { text, offset: 0 };
  const [only] = split.parts;
  if (split.parts.length === 1 && typeof only === "object") return only;
  let joined = text;
  for (const part of split.parts) {
    if (typeof part === "string") continue;
    const { offset } = part;
    const end = offset + part.text.length;
    joined = `${joined.slice(0, offset - 2)} (${joined.slice(offset, end)})${joined.slice(end + 1)}`;
  }
  return { text: joined, offset: 0 };
}

export function literal(value: Json): TypedTemplate {
  return { template: { kind: "literal", value }, type: typeOf(value) };
}

function typeOf(value: Json): InputType {
  if (value === null) return "any";
  if (Array.isArray(value)) return "array";
  if (isJsonObject(value)) return "object";
  const type = typeof value;
  return type === "string" || type === "number" || type === "boolean" ? type : "any";
}

function isPlain(template: Template): template is Extract<Template, { readonly kind: "literal" }> {
  return template.kind === "literal";
}

const NUMBERS: ReadonlySet<InputType> = new Set(["number", "integer"]);
const TEXTS: ReadonlySet<InputType> = new Set(["string", "path"]);

/** True when a value of a declared type can be one of another; the value itself is checked when it is there. */
export function mayBe(given: InputType, wanted: InputType): boolean {
  if (given === wanted || given === "any" || wanted === "any") return true;
  return [NUMBERS, TEXTS].some((kin) => kin.has(given) && kin.has(wanted));
}
