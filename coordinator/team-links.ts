import type { NatsConnection } from "nats";
import type { Logger } from "pino";
import { isUnheard } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import { decodeMessage, encodeMessage } from "../bus/messages.ts";
import { admissionAnswer, type TeamsMessage } from "../bus/permission-messages.ts";
import { request } from "../bus/requests.ts";
import type { Clock } from "../core/clock.ts";
import type { AgentId, CoordinatorId } from "../core/ids.ts";
import type { Subjects } from "../core/subjects.ts";
import type { AgentDirectory } from "./agent-directory.ts";
import type { PreparedTask, Team } from "./dispatcher.ts";
import type { RunState } from "./run-state.ts";

export interface TeamLinksOptions {
  readonly connection: NatsConnection;
  readonly link: Link;
  readonly subjects: Subjects;
  readonly coordinatorId: CoordinatorId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly directory: () => Pick<AgentDirectory, "has" | "version">;
}

interface Told {
  team: Team;
  /** Undefined once its links are in force. */
  inForce: Promise<void> | undefined;
}

/** Longer than the server takes for a new configuration. Without an answer the tasks go all the same. */
const ANSWER_TIMEOUT_MS = 2_000;
/** Whoever keeps the permissions forgets a coordinator that it has not heard of for three times this. */
const REPEAT_MS = 10_000;

/**
 * Tells whoever keeps the server's permissions which teams there are: before the members of a new one are offered anything, when
 * one is gone or has joined, and when a stage is over. Where nobody keeps them, nothing waits.
 */
export class TeamLinks {
  readonly #options: TeamLinksOptions;
  readonly #teams = new Map<RunState, Map<number, Told>>();
  #last: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;
  #version = -1;
  #cancelRepeat: (() => void) | undefined;
  #isClosed = false;

  constructor(options: TeamLinksOptions) {
    this.#options = options;
  }

  /** Resolves when the members of the task's team may talk to each other; undefined when they may already. */
  allow({ task, team }: PreparedTask): Promise<void> | undefined {
    if (team === undefined) return undefined;
    const stages = this.#teams.get(task.run) ?? new Map<number, Told>();
    this.#teams.set(task.run, stages);
    const known = stages.get(task.stage);
    if (known !== undefined && isSame(known.team, team)) return known.inForce;
    const told: Told = { team, inForce: undefined };
    stages.set(task.stage, told);
    told.inForce = this.#tellSoon().then(() => {
      told.inForce = undefined;
    });
    return told.inForce;
  }

  /** The stage is over, or with no stage the run. */
  ended(run: RunState, stage?: number): void {
    const stages = this.#teams.get(run);
    if (stages === undefined) return;
    if (stage !== undefined) stages.delete(stage);
    if (stage === undefined || stages.size === 0) this.#teams.delete(run);
    void this.#tellSoon();
  }

  /** Tells it when agents have come or gone. */
  follow(): void {
    const { version } = this.#options.directory();
    if (version === this.#version) return;
    this.#version = version;
    if (this.#teams.size > 0) void this.#tellSoon();
  }

  /** From now on this coordinator needs no links. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#cancelRepeat?.();
    if (this.#teams.size === 0) return;
    this.#teams.clear();
    await this.#tellSoon();
  }

  /** What changes while one message is under way goes with the next. Never rejects. */
  #tellSoon(): Promise<void> {
    this.#next ??= this.#last.then(() => {
      this.#next = undefined;
      return this.#tell();
    });
    this.#last = this.#next;
    return this.#next;
  }

  async #tell(): Promise<void> {
    const { connection, link, subjects, coordinatorId, logger } = this.#options;
    const message: TeamsMessage = { v: 1, teams: this.#present() };
    try {
      const subject = subjects.teams(coordinatorId);
      const payload = encodeMessage(message);
      const answered = await request(connection, link, subject, payload, ANSWER_TIMEOUT_MS);
      const answer = decodeMessage(admissionAnswer, answered.data);
      if (answer.status === "refused")
        logger.error({ event: "permissions.refused", reason: answer.error.message });
      this.#repeatLater();
    } catch (error) {
      if (isUnheard(error)) return; // nobody keeps the permissions of this server
      logger.warn({ event: "permissions.unanswered", err: error });
      this.#repeatLater();
    }
  }

  #repeatLater(): void {
    this.#cancelRepeat?.();
    if (this.#isClosed || this.#teams.size === 0) return;
    this.#cancelRepeat = this.#options.clock.schedule(REPEAT_MS, () => void this.#tellSoon());
  }

  /** Each once: stages often have the same team. */
  #present(): TeamsMessage["teams"] {
    const directory = this.#options.directory();
    const distinct = new Map<string, TeamsMessage["teams"][number]>();
    for (const stages of this.#teams.values()) {
      for (const { team } of stages.values()) {
        const members = team.members.filter((member: AgentId) => directory.has(member));
        const { topology } = team;
        if (members.length > 1) distinct.set(`${topology} ${members}`, { topology, members });
      }
    }
    return [...distinct.values()];
  }
}

function isSame(a: Team, b: Team): boolean {
  if (a.members === b.members && a.topology === b.topology) return true;
  return (
    a.topology === b.topology &&
    a.members.length === b.members.length &&
    a.members.every((member, position) => member === b.members[position])
  );
}
