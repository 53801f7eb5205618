import { isJsonObject } from "../core/json.ts";
import type { Expression, Reference, Template } from "../core/plan.ts";

type Inputs = Readonly<Record<string, Template>>;

/** The input of skills that ask a model which holds data for it, by names. */
export const CONTEXT_INPUT = "context";
/** Inputs that tell a model what to do. */
const INSTRUCTIONS: readonly string[] = ["prompt", "task", "query"];

/**
 * Takes what stages have put out, or the memory holds, out of the instructions of a skill and gives it as data: in its place the
 * instruction names the data. An instruction that is nothing but such a value stays what it is.
 * @param isUntrusted whether a value may come from there
 */
export function withContextApart(
  inputs: Inputs,
  isUntrusted: (template: Template) => boolean,
): Inputs {
  const data = new Map<string, Template>();
  const names = new Map<string, string>();
  const nameOf = (part: Reference | Expression): string => {
    const known = names.get(part.source);
    if (known !== undefined) return known;
    const base = part.source.replace(/^\$\{|\}$/g, "").replace(/[^\w.-]+/g, "_");
    const short = base.slice(0, LONGEST_NAME);
    const name = data.has(short) ? `${short}-${data.size + 1}` : short;
    names.set(part.source, name);
    data.set(name, templateOf(part));
    return name;
  };
  const told = Object.entries(inputs).map(([input, template]): [string, Template] => {
    if (!INSTRUCTIONS.includes(input) || template.kind !== "text") return [input, template];
    const parts = template.parts.map((part) =>
      typeof part === "string" || !isUntrusted(templateOf(part)) ? part : `[data ${nameOf(part)}]`,
    );
    return [input, { kind: "text", parts }];
  });
  if (data.size === 0) return inputs;
  const entries = { ...entriesOf(inputs[CONTEXT_INPUT]), ...Object.fromEntries(data) };
  return { ...Object.fromEntries(told), [CONTEXT_INPUT]: { kind: "map", entries } };
}

const LONGEST_NAME = 56;

/** What is given as context already. */
function entriesOf(given: Template | undefined): Inputs {
  if (given === undefined || (given.kind === "literal" && given.value === null)) return {};
  if (given.kind === "map") return given.entries;
  if (given.kind === "literal" && isJsonObject(given.value)) {
    const literals = Object.entries(given.value).map(([name, value]): [string, Template] => [
      name,
      { kind: "literal", value },
    ]);
    return Object.fromEntries(literals);
  }
  return { [CONTEXT_INPUT]: given };
}

function templateOf(part: Reference | Expression): Template {
  return "text" in part ? part : { kind: "reference", reference: part };
}
