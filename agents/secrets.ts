import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { parseEnv } from "node:util";
import { SwarmError } from "../core/errors.ts";
import { isJsonObject, type Json, type JsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import { Scrubber } from "../core/scrub.ts";
import { isSecretMarker } from "../core/value.ts";

/** The secrets of the person whose agent it is. */
export interface Secrets {
  /**
   * The inputs of a task with the values of the secrets that they name, and those values.
   * @throws SwarmError `unknown-secret`, `invalid-input` when one is too short to be kept out of results
   */
  putInto(inputs: Json): Promise<{ readonly inputs: Json; readonly values: readonly string[] }>;
  /** Takes out of a text every secret that was ever put into inputs here. */
  scrub(text: string): string;
  /** The same of all texts of a value, and JSON pointers to those that held one. */
  scrubbed<Value extends Json>(
    value: Value,
  ): { readonly value: Value; readonly at: readonly string[] };
}

export interface SecretsOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The project: its `.env` is read. */
  readonly directory: string;
  /** Hears of each value before anything is done with it. */
  readonly onValue: (value: string) => void;
}

/** Where secrets are looked for, the first that has one gives it: the environment, the project's `.env`, the person's own file. */
export function openSecrets(options: SecretsOptions): Secrets {
  const scrubber = new Scrubber();
  const files = secretFiles(options);
  const secretOf = async (name: string): Promise<string> => {
    const value = options.env[name] ?? (await valueInFiles(name, files));
    if (value === undefined || value === "") throw unknownSecret(name, files);
    if (value.length < Scrubber.SHORTEST_SECRET) {
      const message = `the secret ${name} is shorter than ${Scrubber.SHORTEST_SECRET} characters, so it could not be told from ordinary text`;
      throw new SwarmError("invalid-input", message, { hint: "use a longer one" });
    }
    scrubber.register(value);
    options.onValue(value);
    return value;
  };
  return {
    putInto: (inputs) => withValues(inputs, secretOf),
    scrub: (text) => scrubber.scrub(text),
    scrubbed: (value) => scrubbedValue(value, scrubber),
  };
}

/** Those of an agent that has none. */
export const NO_SECRETS: Secrets = openSecrets({ env: {}, directory: "", onValue: () => {} });

interface SecretFile {
  readonly path: string;
  /** Nobody else may be able to read it. */
  readonly isPrivate: boolean;
}

function secretFiles({ env, directory }: SecretsOptions): readonly SecretFile[] {
  if (directory === "") return [];
  const settings = env["XDG_CONFIG_HOME"] || join(env["HOME"] || homedir(), ".config");
  return [
    { path: join(directory, ".env"), isPrivate: false },
    { path: join(settings, "cascade-swarm", "secrets"), isPrivate: true },
  ];
}

function unknownSecret(name: string, files: readonly SecretFile[]): SwarmError {
  const places = files.map(({ path }) => path).join(" or ");
  return new SwarmError("unknown-secret", `this agent knows no secret ${name}`, {
    hint: `start the swarm with ${name} in its environment, or write ${name}=… into ${places || "its .env"}`,
  });
}

async function valueInFiles(
  name: string,
  files: readonly SecretFile[],
): Promise<string | undefined> {
  for (const file of files) {
    const text = await textOf(file);
    const found = text === undefined ? {} : parseEnv(text);
    if (Object.hasOwn(found, name)) return found[name];
  }
  return undefined;
}

/** @returns undefined when there is no such file */
async function textOf({ path, isPrivate }: SecretFile): Promise<string | undefined> {
  let file: Awaited<ReturnType<typeof open>>;
  try {
    // Without the second flag a FIFO of that name would hold us up.
    file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw new SwarmError("path-unreadable", `${path}: ${(error as Error).message}`, {
      cause: error,
      hint: "secrets are looked for there",
    });
  }
  try {
    const status = await file.stat();
    if (!status.isFile()) throw new SwarmError("path-unreadable", `${path} is not a file`);
    if (isPrivate && (status.mode & 0o077) !== 0) {
      const mode = (status.mode & 0o777).toString(8);
      throw new SwarmError("not-allowed", `others may read ${path} (mode ${mode})`, {
        hint: `chmod 600 ${path}`,
      });
    }
    if (status.size > LIMITS.secretsFileBytes) {
      const what = `secretsFileBytes: ${status.size} given, ${LIMITS.secretsFileBytes} allowed`;
      throw new SwarmError("limit-exceeded", `${path}: ${what}`);
    }
    return await file.readFile("utf8");
  } finally {
    await file.close();
  }
}

/** An input is one, or an entry of an input that is a mapping; deeper, none is put in. */
async function withValues(
  inputs: Json,
  secretOf: (name: string) => Promise<string>,
): Promise<{ readonly inputs: Json; readonly values: readonly string[] }> {
  if (!isJsonObject(inputs)) return { inputs, values: [] };
  const values: string[] = [];
  const filled = async (entry: Json): Promise<Json> => {
    if (!isSecretMarker(entry)) return entry;
    const { name, before, after } = entry.$secret;
    const value = await secretOf(name);
    values.push(value);
    return `${before}${value}${after}`;
  };
  const filledMap = async (
    map: JsonObject,
    fill: (entry: Json) => Promise<Json>,
  ): Promise<JsonObject> => {
    const result: Record<string, Json> = {};
    for (const [key, entry] of Object.entries(map)) result[key] = await fill(entry as Json);
    return result;
  };
  const given = await filledMap(inputs as JsonObject, async (input) => {
    if (!isJsonObject(input) || isSecretMarker(input)) return filled(input);
    const holdsOne = Object.values(input).some(isSecretMarker);
    return holdsOne ? filledMap(input as JsonObject, filled) : input;
  });
  return { inputs: given, values };
}

function scrubbedValue<Value extends Json>(
  value: Value,
  scrubber: Scrubber,
): { readonly value: Value; readonly at: readonly string[] } {
  const at: string[] = [];
  const scrub = (each: Json, pointer: string): Json => {
    if (typeof each === "string") {
      const text = scrubber.scrub(each);
      if (text !== each) at.push(pointer);
      return text;
    }
    if (typeof each !== "object" || each === null) return each;
    if (Array.isArray(each)) {
      return each.map((item: Json, index) => scrub(item, `${pointer}/${index}`));
    }
    const entries = Object.entries(each).map(([key, entry]) => {
      const name = scrubber.scrub(key);
      const place = `${pointer}/${name}`;
      if (name !== key) at.push(place);
      return [name, scrub(entry as Json, place)] as const;
    });
    return Object.fromEntries(entries);
  };
  return { value: scrub(value, "") as Value, at };
}
