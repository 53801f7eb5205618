import type { Job, PublishedEvent } from "../bus/messages.ts";
import type { Clock } from "../core/clock.ts";
import { SwarmError } from "../core/errors.ts";
import type { EventOf } from "../core/events.ts";
import type { RunId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
import { LIMITS } from "../core/limits.ts";
import type { Plan } from "../core/plan.ts";
import type { Value } from "../core/value.ts";
import type { CascadeRegistry } from "../language/cascade-registry.ts";
import { recordedEnvironment, withoutEnvironment } from "../language/environment.ts";
import { resolveInputs } from "../language/inputs.ts";
import { canonicalPlan, planDigest } from "../language/plan-digest.ts";
import { type Blobs, OBJECT_FRESH_MS } from "../store/blobs.ts";
import { type Reused, reusedStages, storedEvent } from "./rerun.ts";

/** What a job becomes when it is admitted. */
export interface Admitted {
  readonly plan: Plan;
  readonly digest: string;
  readonly inputs: Value;
  readonly directory: string;
  readonly rerun?: Rerun;
}

/** What a run takes over from an earlier one. */
export interface Rerun {
  readonly run: RunId;
  readonly reused: readonly Reused[];
}

interface CheckedJob {
  readonly plan: Plan;
  readonly inputs: ReturnType<typeof resolveInputs>;
  readonly directory: string;
  readonly rerun?: Rerun;
}

export interface AdmissionOptions {
  readonly cascades: CascadeRegistry;
  readonly blobs: Blobs;
  readonly clock: Clock;
  /** All events of a run so far. @throws SwarmError `unknown-run` */
  readonly eventsOf: (run: RunId) => Promise<readonly PublishedEvent[]>;
  /** What relative paths mean when a job names no directory. */
  readonly directory: string;
  /** Where the variables are that cascades list under `env`; default: none is set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Checks jobs against the cascade they name, and keeps the plans that runs are pinned to. */
export class Admission {
  readonly #options: AdmissionOptions;
  readonly #digests = new WeakMap<Plan, string>();
  readonly #plans = new Map<string, Plan>();
  readonly #storedAtMs = new Map<string, number>();

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** @throws SwarmError that says what is wrong with the job and where */
  async check(job: Job): Promise<CheckedJob> {
    if (job.rerun !== undefined) return this.#checkRerun(job, job.rerun);
    const { cascades } = this.#options;
    const plan =
      job.definition === undefined
        ? await cascades.plan(job.cascade)
        : cascades.planOf({ text: job.definition, file: job.cascade });
    const directory = job.directory ?? this.#options.directory;
    const inputs = resolveInputs(plan.inputs, job.inputs ?? {}, directory);
    const variables = recordedEnvironment(plan.env ?? [], this.#options.env ?? {});
    return { plan, inputs: { ...inputs, ...variables }, directory };
  }

  async #checkRerun(
    job: Job,
    { run, from }: NonNullable<Job["rerun"]>,
  ): Promise<CheckedJob & { readonly rerun: Rerun }> {
    if (job.definition !== undefined) {
      throw new SwarmError("invalid-job", "a rerun goes by the plan of the run it begins with", {
        location: { pointer: "/definition" },
        hint: "leave the definition out, or the rerun",
      });
    }
    const events = (await this.#options.eventsOf(run)).map(storedEvent);
    const started = events[0]?.event;
    if (started?.type !== "run.started") throw new Error(`${run} was never started`);
    if (started.cascade !== job.cascade) {
      throw new SwarmError("invalid-job", `${run} is a run of ${started.cascade}`, {
        location: { pointer: "/cascade" },
      });
    }
    const plan = await this.loadPlan(started.plan);
    const directory = job.directory ?? started.directory;
    const { inputs, variables } = withoutEnvironment(await this.#inputsOf(started));
    const given = resolveInputs(plan.inputs, { ...inputs, ...job.inputs }, directory);
    const reused = reusedStages(plan, events, from);
    return { plan, inputs: { ...given, ...variables }, directory, rerun: { run, reused } };
  }

  async #inputsOf({ inputs }: EventOf<"run.started">): Promise<JsonObject> {
    if ("value" in inputs) return inputs.value as JsonObject;
    const bytes = await this.#options.blobs.get(inputs.blob);
    return JSON.parse(new TextDecoder().decode(bytes)) as JsonObject;
  }

  /** Admits a job; its plan and, when they are large, its inputs are stored as objects. */
  async admit(job: Job): Promise<Admitted> {
    const { plan, inputs, directory, rerun } = await this.check(job);
    const digest = await this.#store(plan);
    const text = JSON.stringify(inputs);
    const value: Value =
      text.length <= LIMITS.inlineValueBytes
        ? { value: inputs }
        : { blob: await this.#options.blobs.put(Buffer.from(text)) };
    return {
      plan: this.#plans.get(digest) ?? plan,
      digest,
      inputs: value,
      directory,
      ...(rerun === undefined ? {} : { rerun }),
    };
  }

  /** The plan of a run that was admitted before. @throws SwarmError `record-corrupt` when it is gone */
  async loadPlan(digest: string): Promise<Plan> {
    const known = this.#plans.get(digest);
    if (known !== undefined) return known;
    const bytes = await this.#options.blobs.get({ name: digest, bytes: 0 });
    const plan = JSON.parse(Buffer.from(bytes).toString("utf8")) as Plan;
    this.#remember(digest, plan);
    return plan;
  }

  async #store(plan: Plan): Promise<string> {
    const known = this.#digests.get(plan);
    if (known !== undefined && this.#isStored(known)) return known;
    const digest = planDigest(plan);
    await this.#options.blobs.put(Buffer.from(canonicalPlan(plan)));
    this.#storedAtMs.set(digest, this.#options.clock.monotonicMs());
    this.#remember(digest, plan);
    return digest;
  }

  /** One that was stored long ago may have been collected since: it is stored anew. */
  #isStored(digest: string): boolean {
    const atMs = this.#storedAtMs.get(digest);
    const { clock } = this.#options;
    return atMs !== undefined && clock.monotonicMs() - atMs < OBJECT_FRESH_MS;
  }

  #remember(digest: string, plan: Plan): void {
    this.#digests.set(plan, digest);
    this.#plans.set(digest, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > PLANS_KEPT && oldest !== undefined) {
      this.#plans.delete(oldest);
      this.#storedAtMs.delete(oldest);
    }
  }
}

/** Plans in memory; runs hold their own, so that this only saves reading. */
const PLANS_KEPT = 1_000;
