import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import {
  MODEL_PROVIDERS,
  type ModelOrigin,
  type ModelProvider,
  type ModelVendor,
} from "../core/model.ts";
import { KEY_VARIABLES, PROVIDERS_VARIABLE } from "../core/model-variables.ts";
import { openAnthropic } from "./anthropic.ts";
import {
  RECORD_VARIABLE,
  REPLAY_VARIABLE,
  readCassette,
  recordAccess,
  recording,
  replaying,
} from "./cassette.ts";
import { openGoogle } from "./google.ts";
import { openOpenAi } from "./openai.ts";
import { openOpenAiCompatible } from "./openai-compatible.ts";
import { openModelRegistry } from "./registry.ts";
import { openScripted, readModelScript, SCRIPT_VARIABLE } from "./scripted.ts";
import { type ModelService, openModelService } from "./service.ts";
import type { VendorOptions } from "./vendor-options.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Whose models can be asked, as the environment says. */
export interface ModelAccess {
  /** `scripted`: all vendors, and none of them is asked. `replayed`: those of the recording, neither. */
  readonly origin: ModelOrigin;
  readonly providers: readonly ModelProvider[];
  /** Id of the model at the user's own endpoint. */
  readonly local: string | undefined;
}

const BASE_VARIABLES: Readonly<Record<ModelProvider, string>> = {
  anthropic: "ANTHROPIC_BASE_URL",
  openai: "OPENAI_BASE_URL",
  google: "GOOGLE_GEMINI_BASE_URL",
  "openai-compatible": "CASCADE_MODEL_BASE_URL",
};
const LOCAL_MODEL = "CASCADE_MODEL";

/** @throws SwarmError `usage` for settings that contradict themselves, and what a recording is refused with */
export function modelAccess(env: Environment): ModelAccess {
  refuseTogether(env);
  const local = given(env, LOCAL_MODEL);
  const hasEndpoint = given(env, BASE_VARIABLES["openai-compatible"]) !== undefined;
  if (hasEndpoint !== (local !== undefined)) {
    const message = `${BASE_VARIABLES["openai-compatible"]} and ${LOCAL_MODEL} belong together`;
    throw new SwarmError("usage", message, {
      hint: "the first is the address of an endpoint that speaks OpenAI's chat protocol, the second the id of a model there",
    });
  }
  const isScripted = given(env, SCRIPT_VARIABLE) !== undefined;
  const replay = given(env, REPLAY_VARIABLE);
  if (replay !== undefined) {
    return { origin: "replayed", providers: readCassette(replay).providers, local };
  }
  const told = env[PROVIDERS_VARIABLE]?.split(",");
  const providers = MODEL_PROVIDERS.filter((provider) => {
    if (provider === "openai-compatible") return hasEndpoint;
    if (told !== undefined) return told.includes(provider);
    return isScripted || keyOf(env, provider) !== undefined;
  });
  return { origin: isScripted ? "scripted" : "live", providers, local };
}

function refuseTogether(env: Environment): void {
  const set = [SCRIPT_VARIABLE, REPLAY_VARIABLE, RECORD_VARIABLE].filter(
    (name) => given(env, name) !== undefined,
  );
  if (set.length < 2) return;
  throw new SwarmError("usage", `${set.join(" and ")} cannot be set together`);
}

/** Most that one call may cost, in USD. */
export function maxCallUsdOf(env: Environment): number | undefined {
  return positive(env, "CASCADE_MODEL_MAX_CALL_USD");
}

const IDLE_MS = 120_000;
const DEADLINE_MS = 600_000;
const MAX_SWITCHES = 3;

/** The models that the environment gives this process. Without any, every question for one ends with `no-model`. */
export async function openModelsOf(
  env: Environment,
  parts: {
    readonly clock: Clock;
    readonly random: () => number;
    readonly scrub: (text: string) => string;
  },
): Promise<ModelService> {
  const access = modelAccess(env);
  return openModelService({
    ...parts,
    vendors: await vendorsOf(env, access, parts),
    registry: await openModelRegistry(env),
    local: access.local,
    maxCallUsd: maxCallUsdOf(env),
    deadlineMs: positive(env, "CASCADE_MODEL_DEADLINE_MS") ?? DEADLINE_MS,
    maxSwitches: MAX_SWITCHES,
  });
}

const OPEN: Readonly<Record<ModelProvider, (options: VendorOptions) => ModelVendor>> = {
  anthropic: openAnthropic,
  openai: openOpenAi,
  google: openGoogle,
  "openai-compatible": openOpenAiCompatible,
};

async function vendorsOf(
  env: Environment,
  { origin, providers }: ModelAccess,
  { clock, scrub }: { readonly clock: Clock; readonly scrub: (text: string) => string },
): Promise<ReadonlyMap<ModelProvider, ModelVendor>> {
  const script = given(env, SCRIPT_VARIABLE);
  if (origin === "scripted" && script !== undefined) {
    const answers = await readModelScript(script);
    return new Map(providers.map((provider) => [provider, openScripted(provider, answers)]));
  }
  const replay = given(env, REPLAY_VARIABLE);
  if (origin === "replayed" && replay !== undefined) {
    const cassette = readCassette(replay);
    return new Map(providers.map((provider) => [provider, replaying(provider, cassette)]));
  }
  const record = given(env, RECORD_VARIABLE);
  if (record !== undefined) recordAccess(record, providers);
  const idleMs = positive(env, "CASCADE_MODEL_IDLE_MS") ?? IDLE_MS;
  return new Map(
    providers.map((provider) => {
      const apiKey = keyOf(env, provider) ?? "none";
      const baseUrl = baseOf(env, provider);
      const vendor = OPEN[provider]({ apiKey, baseUrl, clock, idleMs });
      return [provider, record === undefined ? vendor : recording(vendor, record, scrub)];
    }),
  );
}

function keyOf(env: Environment, provider: ModelProvider): string | undefined {
  const name = KEY_VARIABLES[provider].find((each) => given(env, each) !== undefined);
  return name === undefined ? undefined : given(env, name);
}

function baseOf(env: Environment, provider: ModelProvider): string | undefined {
  const name = BASE_VARIABLES[provider];
  const text = given(env, name);
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url?.protocol === "http:" || url?.protocol === "https:") return text.replace(/\/+$/, "");
  throw new SwarmError("usage", `${name} is no address of an HTTP server`);
}

function positive(env: Environment, name: string): number | undefined {
  const text = given(env, name);
  if (text === undefined) return undefined;
  const number = Number(text);
  if (Number.isFinite(number) && number > 0) return number;
  throw new SwarmError("usage", `${name}=${text} is not a number above 0`);
}

function given(env: Environment, name: string): string | undefined {
  const text = env[name];
  return text === undefined || text === "" ? undefined : text;
}
