import { createHash } from "node:crypto";
import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import type { EventOf } from "../core/events.ts";
import type { RunId, StageId } from "../core/ids.ts";
import type { Json, JsonObject } from "../core/json.ts";
import { refuseOver } from "../core/limits.ts";
import type { Deadlines } from "./deadlines.ts";
import type { RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";
import type { OpenPause } from "./stage-inputs.ts";

/** What a person answers to a stage that waits for one. */
export interface Approval {
  readonly stage: StageId;
  readonly approved: boolean;
  readonly by: string;
  readonly comment?: string;
  /** `content` of the stage's `stage.paused`: what the person was shown. Without it, whatever is asked is answered. */
  readonly content?: string;
}

/** A word from outside to a run. */
export interface Signal {
  readonly name: string;
  readonly data: Json;
  readonly by: string;
  /** The same one counts once. */
  readonly id: string;
}

export interface PausesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
  /** Undefined when the run's shard is not ours any more. */
  readonly ownerOf: (run: RunState) => ShardOwner | undefined;
}

/** Lets stages wait: for a time that is a logged deadline, for a person, or for a signal. */
export class Pauses {
  readonly #options: PausesOptions;

  constructor(options: PausesOptions) {
    this.#options = options;
  }

  begin(owner: ShardOwner, run: RunState, index: number, pause: OpenPause): void {
    const { ms, whole, ...told } = pause;
    const { id: stage } = run.stage(index);
    const deadline = ms === undefined ? {} : { untilMs: this.#options.clock.wallMs() + ms };
    const content = whole === undefined ? {} : { content: approvalDigest(run.runId, stage, whole) };
    const event = { type: "stage.paused", stage, ...told, ...content, ...deadline } as const;
    owner.record(run, event);
    const signal = told.signal === undefined ? undefined : run.signals.next(told.signal);
    if (signal !== undefined) this.#receive(owner, run, stage, signal);
    else this.arm(run, index, event);
  }

  /** After a restart the deadline is where it was, and may be over. */
  arm(run: RunState, index: number, pause: EventOf<"stage.paused">): void {
    if (pause.untilMs === undefined) return;
    const { clock, deadlines } = this.#options;
    const delayMs = Math.max(0, pause.untilMs - clock.wallMs());
    deadlines.set(delayMs, () => this.#timeIsOver(run, index, pause.untilMs));
  }

  /** One that nobody waits for, or that was given to other content than is asked for, is logged and has no effect. */
  answer(owner: ShardOwner, run: RunState, answer: Approval): void {
    const refused = refusalOf(run, answer);
    if (refused !== undefined) {
      const { stage: stageId, by } = answer;
      const event = "approval.ignored";
      this.#options.logger.warn({ event, runId: run.runId, stageId, by, why: refused.message });
      return;
    }
    const { stage, approved, by, comment } = answer;
    if (approved) this.#succeed(owner, run, stage, { approved, by, comment: comment ?? null });
    else
      this.#deny(
        owner,
        run,
        stage,
        `${by} did not approve${comment === undefined ? "" : `: ${comment}`}`,
      );
  }

  /** The stage that waits for it goes on; without one, it is kept for the stage that will. */
  signal(owner: ShardOwner, run: RunState, signal: Signal): void {
    if (run.ended || run.signals.knows(signal.id)) return;
    owner.record(run, { type: "signal.received", ...signal });
    const waiting = run.waitingFor(signal.name);
    if (waiting !== undefined) this.#receive(owner, run, run.stage(waiting).id, signal);
  }

  /** @param deadlineMs what it was when this was armed: a pause of the run moves it */
  #timeIsOver(run: RunState, index: number, deadlineMs: number | undefined): void {
    const owner = this.#options.ownerOf(run);
    const pause = run.pauseOf(index);
    if (owner === undefined || pause === undefined || run.ended || run.isPaused) return;
    if (pause.untilMs !== deadlineMs) return;
    const { id, pause: planned } = run.stage(index);
    if (planned?.for === "signal") {
      if (planned.onTimeout === "fail") this.#failUnsignalled(owner, run, id, planned.signal);
      else this.#succeed(owner, run, id, { received: false, data: null, by: null });
    } else if (planned?.for !== "approval") this.#succeed(owner, run, id, { waited: true });
    else if (planned.onTimeout === "deny") this.#deny(owner, run, id, "nobody answered in time");
    else this.#succeed(owner, run, id, { approved: true, by: null, comment: null });
  }

  #receive(
    owner: ShardOwner,
    run: RunState,
    stage: StageId,
    { data, by }: Pick<Signal, "data" | "by">,
  ): void {
    this.#succeed(owner, run, stage, { received: true, data, by });
  }

  #succeed(owner: ShardOwner, run: RunState, stage: StageId, value: JsonObject): void {
    owner.record(run, { type: "stage.succeeded", stage, output: { value } });
  }

  #deny(owner: ShardOwner, run: RunState, stage: StageId, why: string): void {
    const error = toErrorRecord(new SwarmError("approval-denied", `stage ${stage}: ${why}`));
    owner.record(run, { type: "stage.failed", stage, error });
  }

  #failUnsignalled(owner: ShardOwner, run: RunState, stage: StageId, signal: string): void {
    const what = `stage ${stage}: the signal ${signal} did not come in time`;
    const error = toErrorRecord(new SwarmError("signal-timeout", what));
    owner.record(run, { type: "stage.failed", stage, error });
  }
}

/** Why an answer is not taken; undefined when it is. */
export function refusalOf(run: RunState, { stage, content }: Approval): SwarmError | undefined {
  const index = run.positionOf(stage);
  const pause = index === undefined ? undefined : run.pauseOf(index);
  if (run.ended || pause?.for !== "approval") {
    const what = `the stage ${stage} of ${run.runId} does not wait for an approval`;
    return new SwarmError("approval-mismatch", what);
  }
  if (content === undefined || content === pause.content) return undefined;
  const what = `${stage} of ${run.runId} asks for other content than was answered`;
  return new SwarmError("approval-mismatch", what, {
    location: { pointer: "/content" },
    hint: `npm run cascade -- runs show ${run.runId} shows what it asks for now`,
  });
}

/** @throws SwarmError `limit-exceeded` when the run cannot take the signal */
export function refuseSignal(run: RunState, { id, data }: Signal): void {
  if (run.signals.knows(id)) return;
  refuseOver("signalBytes", Buffer.byteLength(JSON.stringify(data)));
  refuseOver("signalsPerRun", run.signals.size + 1);
}

/** What an approval is bound to: this stage of this run, and the whole text that it asks, in hexadecimal sha256. */
function approvalDigest(run: RunId, stage: StageId, message: string): string {
  return createHash("sha256")
    .update(JSON.stringify([run, stage, message]))
    .digest("hex");
}
