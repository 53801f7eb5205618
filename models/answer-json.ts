import { Ajv2020 } from "ajv/dist/2020.js";
import { SwarmError } from "../core/errors.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { jsonOf } from "./json-text.ts";

export type CheckedJson =
  | { readonly status: "fits"; readonly json: Json }
  | { readonly status: "wrong"; readonly why: string };

/** Reads answers as JSON and checks them. */
export type AnswerCheck = (text: string) => CheckedJson;

const MOST_PROBLEMS = 5;

/** @throws SwarmError `invalid-input` when it is no JSON Schema */
export function answerCheck(schema: JsonObject): AnswerCheck {
  const ajv = new Ajv2020({ allErrors: true, strict: false, validateFormats: false });
  let validate: ReturnType<typeof ajv.compile>;
  try {
    validate = ajv.compile(schema);
  } catch (error) {
    const message = `the schema of the answer is no JSON Schema: ${(error as Error).message}`;
    throw new SwarmError("invalid-input", message, {
      cause: error,
      location: { pointer: "/schema" },
    });
  }
  return (text) => {
    const json = jsonOf(withoutFence(text)) as Json | undefined;
    if (json === undefined) return { status: "wrong", why: "it is no JSON" };
    if (validate(json)) return { status: "fits", json };
    const problems = (validate.errors ?? []).slice(0, MOST_PROBLEMS);
    const why = problems.map((each) => `${each.instancePath || "/"} ${each.message ?? "is wrong"}`);
    return { status: "wrong", why: why.join("; ") };
  };
}

/** Some models put JSON between fences, asked or not. */
function withoutFence(text: string): string {
  return /^\s*```(?:json)?\s*\n(.*)\n\s*```\s*$/s.exec(text)?.[1] ?? text;
}
