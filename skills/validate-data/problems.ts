import type { ErrorObject } from "ajv";
import { child } from "./schema-walk.ts";

/** `type`, not `interface`, so that it is assignable to plain JSON. */
export type Problem = {
  /** Of the row, from 0. */
  readonly index: number;
  /** Into the row. */
  readonly pointer: string;
  readonly message: string;
};

const LONGEST = 300;

/** What is wrong with a row, in the words of Ajv with the values that it leaves to its caller. */
export function problemOf(index: number, error: ErrorObject): Problem {
  const { instancePath, keyword } = error;
  const params = error.params as Readonly<Record<string, unknown>>;
  const property = params["additionalProperty"] ?? params["unevaluatedProperty"];
  const message = `${error.message ?? keyword}${allowed(keyword, params)}`.toWellFormed();
  return {
    index,
    pointer: typeof property === "string" ? child(instancePath, property) : instancePath,
    message: message.length > LONGEST ? `${message.slice(0, LONGEST - 1)}…` : message,
  };
}

function allowed(keyword: string, params: Readonly<Record<string, unknown>>): string {
  if (keyword === "enum") return `: ${JSON.stringify(params["allowedValues"])}`;
  return keyword === "const" ? `: ${JSON.stringify(params["allowedValue"])}` : "";
}
