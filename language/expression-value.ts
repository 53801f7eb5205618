import { SwarmError } from "../core/errors.ts";
import { FORBIDDEN_KEYS, type Json } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { Expression } from "../core/plan.ts";
import { isMarkerKey } from "../core/value.ts";
import { evaluationMessage, runCel } from "./cel.ts";

/**
 * The value of a checked expression.
 * @param values those of its references, in their order, without blob pointers in them
 * @throws SwarmError `expression-failed` when the data does not fit it, `limit-exceeded` when it is too much
 */
export function valueOfExpression(expression: Expression, values: readonly Json[]): Json {
  refuseTooMuch(expression, values);
  let result: unknown;
  try {
    result = runCel(expression.text, values);
  } catch (error) {
    const message = evaluationMessage(error);
    if (message === undefined) throw error;
    throw failed(expression, message);
  }
  return new Conversion(expression).json(result);
}

/** Comprehensions multiply: what they go through is bounded, so that no expression holds up a coordinator. */
function refuseTooMuch({ iterates, source }: Expression, values: readonly Json[]): void {
  for (const value of values) {
    const isText = typeof value === "string";
    if (isText && value.length > LIMITS.expressionTextBytes) {
      throw tooMuch("expressionTextBytes", value.length, source);
    }
    if (iterates && Array.isArray(value) && value.length > LIMITS.expressionListItems) {
      throw tooMuch("expressionListItems", value.length, source);
    }
    if (iterates && isText && value.length > LIMITS.expressionListItems) {
      throw tooMuch("expressionListItems", value.length, source);
    }
  }
}

function tooMuch(
  limit: "expressionTextBytes" | "expressionListItems" | "expressionResultValues",
  given: number,
  source: string,
): SwarmError {
  const message = `${limit}: ${given} given, ${LIMITS[limit]} allowed`;
  return new SwarmError("limit-exceeded", `${source}: ${message}`);
}

function failed({ source }: Expression, message: string): SwarmError {
  return new SwarmError("expression-failed", `${source}: ${message}`);
}

/** Turns what CEL calculates with into JSON, and refuses what JSON has no form for. */
class Conversion {
  readonly #expression: Expression;
  #values = 0;
  #textBytes = 0;

  constructor(expression: Expression) {
    this.#expression = expression;
  }

  json(value: unknown): Json {
    this.#count();
    if (value === null || typeof value === "boolean") return value;
    if (typeof value === "string") return this.#text(value);
    if (typeof value === "bigint") return Number(value);
    if (typeof value === "number") {
      if (Number.isFinite(value)) return value;
      throw failed(this.#expression, `the result is ${value}, which is no number`);
    }
    if (Array.isArray(value)) return value.map((item) => this.json(item));
    if (value instanceof Map) return this.#map([...value]);
    if (isPlainObject(value)) return this.#map(Object.entries(value));
    throw failed(this.#expression, "the result is not plain data");
  }

  #map(entries: readonly (readonly [unknown, unknown])[]): Json {
    const fields: Record<string, Json> = {};
    for (const [key, entry] of entries) {
      const name = String(key);
      if (FORBIDDEN_KEYS.has(name) || isMarkerKey(name)) {
        throw failed(this.#expression, `the key ${JSON.stringify(name)} is reserved`);
      }
      fields[name] = this.json(entry);
    }
    return fields;
  }

  #text(value: string): string {
    this.#textBytes += value.length;
    if (this.#textBytes > LIMITS.expressionTextBytes) {
      throw tooMuch("expressionTextBytes", this.#textBytes, this.#expression.source);
    }
    return value;
  }

  #count(): void {
    this.#values += 1;
    if (this.#values <= LIMITS.expressionResultValues) return;
    throw tooMuch("expressionResultValues", this.#values, this.#expression.source);
  }
}

function isPlainObject(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== "object" || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
