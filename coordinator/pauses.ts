import type { Logger } from "pino";
import type { Clock } from "../core/clock.ts";
import { SwarmError, toErrorRecord } from "../core/errors.ts";
import type { EventOf } from "../core/events.ts";
import type { StageId } from "../core/ids.ts";
import type { JsonObject } from "../core/json.ts";
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
}

export interface PausesOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly deadlines: Deadlines;
  /** Undefined when the run's shard is not ours any more. */
  readonly ownerOf: (run: RunState) => ShardOwner | undefined;
}

/** Lets stages wait: for a time that is a logged deadline, or for a person. */
export class Pauses {
  readonly #options: PausesOptions;

  constructor(options: PausesOptions) {
    this.#options = options;
  }

  begin(owner: ShardOwner, run: RunState, index: number, { ms, ...pause }: OpenPause): void {
    const deadline = ms === undefined ? {} : { untilMs: this.#options.clock.wallMs() + ms };
    const event = {
      type: "stage.paused",
      stage: run.stage(index).id,
      ...pause,
      ...deadline,
    } as const;
    owner.record(run, event);
    this.arm(run, index, event);
  }

  /** After a restart the deadline is where it was, and may be over. */
  arm(run: RunState, index: number, { untilMs }: EventOf<"stage.paused">): void {
    if (untilMs === undefined) return;
    const { clock, deadlines } = this.#options;
    deadlines.set(Math.max(0, untilMs - clock.wallMs()), () => this.#timeIsOver(run, index));
  }

  /** One that nobody waits for, or does not any more, is logged and has no effect. */
  answer(owner: ShardOwner, run: RunState, { stage, approved, by, comment }: Approval): void {
    const index = run.positionOf(stage);
    const isAsked = index !== undefined && run.pauseOf(index)?.for === "approval";
    if (!isAsked || run.ended) {
      const event = "approval.ignored";
      this.#options.logger.warn({ event, runId: run.runId, stageId: stage, by });
      return;
    }
    if (approved) this.#succeed(owner, run, stage, { approved, by, comment: comment ?? null });
    else
      this.#deny(
        owner,
        run,
        stage,
        `${by} did not approve${comment === undefined ? "" : `: ${comment}`}`,
      );
  }

  #timeIsOver(run: RunState, index: number): void {
    const owner = this.#options.ownerOf(run);
    const pause = run.pauseOf(index);
    if (owner === undefined || pause === undefined || run.ended) return;
    const { id, pause: planned } = run.stage(index);
    if (planned?.for !== "approval") this.#succeed(owner, run, id, { waited: true });
    else if (planned.onTimeout === "deny") this.#deny(owner, run, id, "nobody answered in time");
    else this.#succeed(owner, run, id, { approved: true, by: null, comment: null });
  }

  #succeed(owner: ShardOwner, run: RunState, stage: StageId, value: JsonObject): void {
    owner.record(run, { type: "stage.succeeded", stage, output: { value } });
  }

  #deny(owner: ShardOwner, run: RunState, stage: StageId, why: string): void {
    const error = toErrorRecord(new SwarmError("approval-denied", `stage ${stage}: ${why}`));
    owner.record(run, { type: "stage.failed", stage, error });
  }
}
