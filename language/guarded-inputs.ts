import type { Expression, Reference, Template } from "../core/plan.ts";
import { COMMAND_SKILLS, DEPLOY_SKILL } from "../core/skill-allowance.ts";
import { HTTP_SKILL } from "./inline-work.ts";
import type { Path, Reporter } from "./reporter.ts";
import type { SecretPlace } from "./template-compiler.ts";

/** The inputs of one call of a skill, and where they stand. */
export interface BoundInputs {
  readonly inputs: Readonly<Record<string, Template>>;
  /** Where an input is written, or else where the skill is named. */
  placeOf(input: string): Path;
  /** Whether the value may be one that a stage has put out. */
  isFromStages(template: Template): boolean;
}

/** Where in an input of a skill secrets may stand: as a whole, in headers with a text around, in the environment of a program. */
export function secretPlace(skill: string, input: string): SecretPlace {
  if (skill === HTTP_SKILL && input === "headers") return "texts";
  return COMMAND_SKILLS.has(skill) && input === "env" ? "entries" : "value";
}

/** Some inputs of shipped skills decide what may happen at all: they are what the cascade says, never what data says. */
export function refuseUnsafeInputs(skill: string, bound: BoundInputs, reporter: Reporter): void {
  if (COMMAND_SKILLS.has(skill)) refuseChosenProgram(bound, reporter);
  if (skill === DEPLOY_SKILL) refuseWrittenApproval(bound, reporter);
  if (skill !== HTTP_SKILL) return;
  refuseChosenHost(bound, reporter);
  const { headers, allow_private: isPrivate } = bound.inputs;
  if (headers !== undefined && headers.kind !== "map" && headers.kind !== "literal") {
    const message = "the names of headers must be written here, without ${…}";
    const hint = "write `headers: { name: ${…} }`";
    reporter.report("invalid-cascade", message, bound.placeOf("headers"), hint);
  }
  if (isPrivate !== undefined && isPrivate.kind !== "literal") {
    const message = "whether private addresses are allowed must be written here, without ${…}";
    const hint = "write `allow_private: true` or `allow_private: false`";
    reporter.report("invalid-cascade", message, bound.placeOf("allow_private"), hint);
  }
}

/**
 * What the cascade and its inputs say of a URL before a stage's output goes on with it. Only in the run is it known whether
 * that holds the whole host, so the skill is told, and keeps to its origin. Undefined when nothing is left open.
 */
export function originOfRequest(skill: string, bound: BoundInputs): Template | undefined {
  const { url } = bound.inputs;
  if (skill !== HTTP_SKILL || url?.kind !== "text") return undefined;
  const end = url.parts.findIndex(
    (part) => typeof part !== "string" && bound.isFromStages(templateOf(part)),
  );
  const parts = url.parts.slice(0, Math.max(0, end));
  return parts.every((part) => typeof part === "string") ? undefined : { kind: "text", parts };
}

function refuseChosenProgram({ inputs, placeOf }: BoundInputs, reporter: Reporter): void {
  const { argv } = inputs;
  if (argv === undefined || isLiteralProgram(argv)) return;
  const isList = argv.kind === "list" || (argv.kind === "literal" && Array.isArray(argv.value));
  const message = "the program that is run must be written here, without ${…}";
  const hint = "only its arguments may come from data: [program, ${…}]";
  const place = placeOf("argv");
  reporter.report("invalid-cascade", message, isList ? [...place, 0] : place, hint);
}

/** Who writes a cascade does not approve what its run will have made. */
function refuseWrittenApproval(bound: BoundInputs, reporter: Reporter): void {
  const { approval } = bound.inputs;
  if (approval === undefined || bound.isFromStages(approval)) return;
  const message = "the approval must be what a stage with `approve` has put out";
  const hint =
    "write a stage `{ stage: confirm, approve: … }` before it, and `approval: ${confirm}`";
  reporter.report("invalid-cascade", message, bound.placeOf("approval"), hint);
}

function isLiteralProgram(argv: Template): boolean {
  let first: unknown;
  if (argv.kind === "list") {
    const [item] = argv.items;
    first = item?.kind === "literal" ? item.value : undefined;
  } else if (argv.kind === "literal") {
    if (!Array.isArray(argv.value)) return true; // of the wrong type, which was reported
    [first] = argv.value;
  }
  return typeof first === "string" && first !== "";
}

function refuseChosenHost(bound: BoundInputs, reporter: Reporter): void {
  const { url } = bound.inputs;
  if (url === undefined || url.kind === "secret") return; // the person who keeps it says where
  const place = bound.placeOf("url");
  const parts = url.kind === "text" ? url.parts : [partOf(url)];
  const [first] = parts;
  if (typeof first === "string" && !/^https?:\/\//i.test(first)) {
    const message = "the URL must begin with http:// or https://";
    reporter.report("invalid-cascade", message, place);
    return;
  }
  let before = "";
  for (const part of parts) {
    if (typeof part === "string") before += part;
    else {
      if (!hasHost(before) && bound.isFromStages(templateOf(part))) {
        const message = `${part.source}: what a stage has put out must not say where a request goes`;
        const hint = "write the host, or take it from an input of the cascade: https://host/${…}";
        reporter.report("invalid-cascade", message, place, hint);
        return;
      }
      before += "x"; // it stands for what nobody knows yet
    }
  }
}

/** Whether the beginning of a URL is long enough that nothing after it changes the host. */
function hasHost(beginning: string): boolean {
  const afterScheme = beginning.replace(/^[a-z][a-z0-9+.-]*:[/\\]*/i, "");
  return /^[^/?#\\]+[/?#]/.test(afterScheme);
}

function partOf(template: Template): string | Reference | Expression {
  if (template.kind === "reference") return template.reference;
  if (template.kind === "expression") return template;
  const { value } = template.kind === "literal" ? template : { value: "" };
  return typeof value === "string" ? value : "https://"; // of the wrong type, which was reported
}

function templateOf(part: Reference | Expression): Template {
  return "text" in part ? part : { kind: "reference", reference: part };
}
