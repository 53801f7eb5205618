import type { Job } from "../bus/messages.ts";
import { LIMITS } from "../core/limits.ts";
import type { Plan } from "../core/plan.ts";
import type { Value } from "../core/value.ts";
import type { CascadeRegistry } from "../language/cascade-registry.ts";
import { recordedEnvironment } from "../language/environment.ts";
import { resolveInputs } from "../language/inputs.ts";
import { canonicalPlan, planDigest } from "../language/plan-digest.ts";
import type { Blobs } from "../store/blobs.ts";

/** What a job becomes when it is admitted. */
export interface Admitted {
  readonly plan: Plan;
  readonly digest: string;
  readonly inputs: Value;
  readonly directory: string;
}

export interface AdmissionOptions {
  readonly cascades: CascadeRegistry;
  readonly blobs: Blobs;
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

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /** @throws SwarmError that says what is wrong with the job and where */
  async check(
    job: Job,
  ): Promise<{ readonly plan: Plan; readonly inputs: ReturnType<typeof resolveInputs> }> {
    const { cascades } = this.#options;
    const plan =
      job.definition === undefined
        ? await cascades.plan(job.cascade)
        : cascades.planOf({ text: job.definition, file: job.cascade });
    const directory = job.directory ?? this.#options.directory;
    const inputs = resolveInputs(plan.inputs, job.inputs ?? {}, directory);
    const variables = recordedEnvironment(plan.env ?? [], this.#options.env ?? {});
    return { plan, inputs: { ...inputs, ...variables } };
  }

  /** Admits a job; its plan and, when they are large, its inputs are stored as objects. */
  async admit(job: Job): Promise<Admitted> {
    const { plan, inputs } = await this.check(job);
    const directory = job.directory ?? this.#options.directory;
    const digest = await this.#store(plan);
    const text = JSON.stringify(inputs);
    const value: Value =
      text.length <= LIMITS.inlineValueBytes
        ? { value: inputs }
        : { blob: await this.#options.blobs.put(Buffer.from(text)) };
    return { plan: this.#plans.get(digest) ?? plan, digest, inputs: value, directory };
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
    if (known !== undefined && this.#plans.has(known)) return known;
    const digest = planDigest(plan);
    await this.#options.blobs.put(Buffer.from(canonicalPlan(plan)));
    this.#remember(digest, plan);
    return digest;
  }

  #remember(digest: string, plan: Plan): void {
    this.#digests.set(plan, digest);
    this.#plans.set(digest, plan);
    const [oldest] = this.#plans.keys();
    if (this.#plans.size > PLANS_KEPT && oldest !== undefined) this.#plans.delete(oldest);
  }
}

/** Plans in memory; runs hold their own, so that this only saves reading. */
const PLANS_KEPT = 1_000;
