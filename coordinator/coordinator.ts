import { hostname } from "node:os";
import type { NatsConnection, Subscription } from "nats";
import type { Logger } from "pino";
import { type Actor, createActor, fromPromise, type SnapshotFrom, waitFor } from "xstate";
import { failureOf, isUnheard } from "../bus/failures.ts";
import type { Link } from "../bus/link.ts";
import { followLink } from "../bus/link.ts";
import { decodeMessage, encodeMessage, type Job, queryAnswer } from "../bus/messages.ts";
import { ensureStreams } from "../bus/streams.ts";
import type { Clock } from "../core/clock.ts";
import { toErrorRecord } from "../core/errors.ts";
import type { RunEvent } from "../core/events.ts";
import type { CoordinatorId, RunId } from "../core/ids.ts";
import { shardOf } from "../core/shard.ts";
import { COORDINATOR_SERVICE, openSubjects, type Subjects } from "../core/subjects.ts";
import type { CascadeRegistry } from "../language/cascade-registry.ts";
import { coordinatorMachine } from "../machines/coordinator.ts";
import { RUN_MACHINE } from "../machines/run.ts";
import { openBlobs } from "../store/blobs.ts";
import { openDayBudgets } from "../store/day-budgets.ts";
import { openJobKeys } from "../store/job-keys.ts";
import { openLearned } from "../store/learned.ts";
import { openLeases } from "../store/lease.ts";
import { openMemory } from "../store/memory.ts";
import { openOpenRuns } from "../store/open-runs.ts";
import type { LogAccess } from "../store/shard-log.ts";
import { openStageCache } from "../store/stage-cache.ts";
import { Admission } from "./admission.ts";
import { AgentWatch } from "./agent-watch.ts";
import { refuseWhenFull } from "./back-pressure.ts";
import { BlobActor } from "./blob-actor.ts";
import { BudgetActor } from "./budget-actor.ts";
import { Companions } from "./companions.ts";
import { Conductor } from "./conductor.ts";
import { dayLimitsOf } from "./day-limits.ts";
import { openDeadlines } from "./deadlines.ts";
import { Dispatcher } from "./dispatcher.ts";
import { showFact } from "./facts.ts";
import { type Intake, openIntake } from "./intake.ts";
import { learnedPatterns } from "./learned-patterns.ts";
import { Learning } from "./learning.ts";
import { Measurements } from "./measurements.ts";
import { MemoryActor } from "./memory-actor.ts";
import { sweepMemory } from "./memory-sweep.ts";
import { Offers } from "./offers.ts";
import { LEASE_TIMES, Ownership } from "./ownership.ts";
import { Results } from "./results.ts";
import { passCommandsOn } from "./run-commands.ts";
import { RunQueries } from "./run-queries.ts";
import { RunReader } from "./run-reader.ts";
import { mutedOrders, RunState } from "./run-state.ts";
import type { ShardOwner } from "./shard-owner.ts";
import { Shards } from "./shards.ts";
import { StageCaches } from "./stage-cache.ts";
import { StageInputs } from "./stage-inputs.ts";
import { StageMemories } from "./stage-memory.ts";
import { taskText } from "./task-text.ts";
import { TeamLinks } from "./team-links.ts";
import { Turns } from "./turns.ts";

export interface CoordinatorOptions {
  readonly connection: NatsConnection;
  readonly coordinatorId: CoordinatorId;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly randomBytes: (size: number) => Uint8Array;
  readonly random: () => number;
  readonly cascades: CascadeRegistry;
  /** Relative paths of jobs that name no directory mean this one. */
  readonly directory: string;
  /** Where the variables are that cascades list under `env`; default: none is set. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Coordinators known to be dead. */
  readonly predecessors: ReadonlySet<string>;
  /** See `ArchiveOptions.purgeDelayMs`. */
  readonly purgeDelayMs: number;
}

const SERVICE_VERSION = "1.0.0";
/** Its owner also lets the memory forget what is over. */
const SWEEPING_SHARD = 0;

/** A coordinator that serves. */
export interface Coordinator extends AsyncDisposable {
  /** Takes no more jobs, stores what is to be stored, gives its shards back. */
  drain(): Promise<void>;
  /** Settles when it has stopped; rejects when it failed. */
  readonly stopped: Promise<void>;
}

/** Opens a coordinator and waits until it serves. */
export async function openCoordinator(options: CoordinatorOptions): Promise<Coordinator> {
  const coordinator = new CoordinatorProcess(options);
  await coordinator.serving();
  return coordinator;
}

class CoordinatorProcess implements Coordinator {
  readonly stopped: Promise<void>;
  readonly #options: CoordinatorOptions;
  readonly #subjects: Subjects = openSubjects();
  readonly #link: Link;
  readonly #actor: Actor<typeof coordinatorMachine>;
  #parts: Parts | undefined;
  #intake: Intake | undefined;
  #commands: Subscription | undefined;

  constructor(options: CoordinatorOptions) {
    this.#options = options;
    this.#link = followLink(options.connection);
    this.#actor = createActor(
      coordinatorMachine.provide({
        actors: {
          start: fromPromise<void>(() => this.#start()),
          recover: fromPromise<void>(() => this.#recover()),
          drain: fromPromise<void>(() => this.#drain()),
        },
        actions: { serve: () => this.#serve() },
      }),
    );
    this.stopped = this.#whenStopped();
    this.stopped.catch(() => {}); // whoever waits sees it
    this.#actor.start();
  }

  /** Resolves when it serves; rejects when it fails before. */
  async serving(): Promise<void> {
    const isDecided = (state: SnapshotFrom<typeof coordinatorMachine>): boolean =>
      state.matches("serving") || state.status === "done";
    const state = await waitFor(this.#actor, isDecided, { timeout: Number.POSITIVE_INFINITY });
    if (state.status === "done") await this.stopped;
  }

  async drain(): Promise<void> {
    if (this.#actor.getSnapshot().status === "active") this.#actor.send({ type: "drain" });
    await this.stopped;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.drain();
  }

  async #whenStopped(): Promise<void> {
    const final = await waitFor(this.#actor, (state) => state.status === "done", {
      timeout: Number.POSITIVE_INFINITY,
    });
    if (final.matches("failed")) throw final.context.error;
  }

  async #start(): Promise<void> {
    const { connection, clock } = this.#options;
    await ensureStreams(connection, this.#subjects);
    const access: LogAccess = {
      connection,
      jetstream: connection.jetstream(),
      manager: await connection.jetstreamManager(),
      link: this.#link,
      subjects: this.#subjects,
      clock,
    };
    this.#parts = await openParts(this.#options, access, this.#trouble);
  }

  async #recover(): Promise<void> {
    const { agentWatch, ownership, learning } = this.#openParts();
    agentWatch.start();
    await learning.start();
    await ownership.start();
    await this.#openServices();
  }

  #serve(): void {
    const { logger, coordinatorId } = this.#options;
    logger.info({ event: "coordinator.serving", coordinatorId });
  }

  async #openServices(): Promise<void> {
    const { connection, coordinatorId } = this.#options;
    this.#intake = await openIntake(this.#openParts().intakeOptions);
    this.#commands = passCommandsOn(this.#openParts().access);
    await connection.services.add({
      name: COORDINATOR_SERVICE,
      version: SERVICE_VERSION,
      description: "Takes jobs and conducts runs",
      metadata: { coordinator: coordinatorId, host: hostname() },
    });
    await connection.flush(); // from here on nobody finds that no coordinator is there
  }

  async #drain(): Promise<void> {
    this.#options.logger.info({ event: "coordinator.draining" });
    this.#intake?.stop();
    this.#commands?.unsubscribe();
    if (this.#parts === undefined) return;
    const { agentWatch, ownership, shards, deadlines, learning, teamLinks, stopSweeping } =
      this.#parts;
    stopSweeping();
    agentWatch.close();
    deadlines.close();
    await shards.close();
    await teamLinks.close();
    await learning.close();
    await ownership.close();
    this.#options.logger.info({ event: "coordinator.stopped" });
  }

  readonly #trouble = (error: unknown): void => {
    if (this.#actor.getSnapshot().status === "active") this.#actor.send({ type: "trouble", error });
  };

  #openParts(): Parts {
    if (this.#parts === undefined) throw new Error("not started");
    return this.#parts;
  }
}

/** How long a job that begins with an earlier run may wait for what is known of that. */
const QUERY_LIMIT_MS = 5_000;

type Parts = Awaited<ReturnType<typeof openParts>>;

/** Builds the parts of a coordinator and connects them. */
async function openParts(
  options: CoordinatorOptions,
  access: LogAccess,
  onTrouble: (error: unknown) => void,
) {
  const { connection, clock, logger, coordinatorId, random, randomBytes } = options;
  const { jetstream, subjects, link } = access;
  const [blobs, leases, keys, openRuns, learned, cache] = await Promise.all([
    openBlobs(jetstream, subjects),
    openLeases(access),
    openJobKeys(access),
    openOpenRuns(access),
    openLearned(access),
    openStageCache(access),
  ]);
  const measurements = new Measurements();
  const learning = new Learning({ clock, logger, store: learned, measurements });
  const queries = new RunQueries(connection, link, subjects);
  const admission = new Admission({
    ...options,
    blobs,
    eventsOf: (run) => queries.eventsAfter(run, 0, AbortSignal.timeout(QUERY_LIMIT_MS)),
  });
  const memory = await openMemory(access, blobs);
  const memoryActor = new MemoryActor({ connection, subjects, logger, memory });
  const blobActor = new BlobActor({ connection, subjects, logger, blobs });
  const limit = dayLimitsOf(options.env ?? {});
  const perDay = limit === undefined ? undefined : { limit, days: await openDayBudgets(access) };
  const budgetActor = new BudgetActor({ connection, subjects, logger, clock, perDay });
  const stageInputs = new StageInputs(blobs);
  const stageMemories = new StageMemories({
    memory,
    blobs,
    clock,
    logger,
    learned: () => learnedPatterns(measurements.all()),
  });
  const stageCaches = new StageCaches({ store: cache, stageInputs, blobs, clock, logger });
  const deadlines = openDeadlines(clock);
  const turns = new Turns(() => dispatcher.schedule());
  const teamLinks = new TeamLinks({
    connection,
    link,
    subjects,
    coordinatorId,
    clock,
    logger,
    directory: () => agentWatch.directory,
  });
  const onChange = (): void => {
    teamLinks.follow();
    turns.request();
  };
  const conductor: Conductor = new Conductor({
    access,
    clock,
    logger,
    random,
    turns,
    deadlines,
    stageInputs,
    stageMemories,
    stageCaches,
    blobs,
    dispatcher: () => dispatcher,
    sendOffers: (target, prepared) => offers.send(target, prepared),
  });
  const agentWatch: AgentWatch = new AgentWatch({
    connection,
    link,
    subjects,
    clock,
    logger,
    dispatcher: () => dispatcher,
    offers: () => offers,
    onChange,
  });
  const offers: Offers = new Offers({
    connection,
    link,
    subjects,
    coordinatorId,
    clock,
    logger,
    dispatcher: () => dispatcher,
    textOf: (prepared) => {
      const text = (): string | Promise<string> =>
        taskText(prepared, epochOf(conductor, prepared.task.run), {
          blobs,
          hasDayBudget: perDay !== undefined,
        });
      return teamLinks.allow(prepared)?.then(text) ?? text();
    },
    onChange,
    onAgentSilent: (agent) => void agentWatch.ask(agent),
  });
  const dispatcher: Dispatcher = new Dispatcher({
    directory: agentWatch.directory,
    logger,
    clock,
    measurements,
    random,
    inputsOf: (task) => stageInputs.inputsOf(task),
    order: (target, prepared) => conductor.order(target, prepared),
    fail: (task, agent, error) =>
      conductor.fail(task.run, { ...task, agent, error: toErrorRecord(error) }),
    sendCancel: (agent, tasks) => offers.cancel(agent, tasks),
    claimFrom: (members, done) =>
      void agentWatch.claimFrom(members).then(() => {
        done();
        onChange();
      }, onTrouble),
  });
  const results = new Results({
    connection,
    subjects,
    logger,
    dispatcher,
    measurements,
    fail: (run, failure) => conductor.fail(run, failure),
  });
  const reader = new RunReader(access);
  const forget = (run: RunState): void => {
    stageInputs.forget(run);
    dispatcher.forget(run);
    teamLinks.ended(run);
  };
  const createOwned = (owner: ShardOwner, runId: RunId, job: Job, isNew: boolean) =>
    createRun({
      reader,
      admission,
      owner,
      runId,
      job,
      isNew,
      openRunCount: () => shards.openRunCount,
    });
  const shards: Shards = new Shards({
    access,
    clock,
    logger,
    turns,
    conductor,
    dispatcher,
    results,
    memoryActor,
    blobActor,
    budgetActor,
    reader,
    openRuns,
    purgeDelayMs: options.purgeDelayMs,
    loadPlan: (digest) => admission.loadPlan(digest),
    createRun: async (owner, runId, job) => void (await createOwned(owner, runId, job, false)),
    onStored: (run, stored, line) => {
      showFact(connection, subjects, logger, stored, line);
      const { event } = stored;
      conductor.budgetDeadlines.heard(run, event);
      if (event.type === "stage.succeeded") stageCaches.keep(run, run.position(event.stage));
      if (isStageEnd(event)) teamLinks.ended(run, run.position(event.stage));
      if (run.ended) forget(run);
    },
    onAbandoned: forget,
  });
  const silentAfterMs = LEASE_TIMES.leaseMs;
  const companions = new Companions({
    connection,
    subjects,
    clock,
    logger,
    coordinatorId,
    silentAfterMs,
  });
  const ownership = new Ownership({
    access,
    leases,
    openRuns,
    clock,
    logger,
    coordinatorId,
    nonce: Buffer.from(randomBytes(12)).toString("hex"),
    predecessors: options.predecessors,
    companions,
    onHandOver: (shard) => shards.handOver(shard),
    logOptions: (shard) => ({
      onStopped: (error) => {
        logger.warn({ event: "shard.lost", shard, err: error });
        shards.drop(shard, error);
        ownership.lost(shard);
      },
      onStorageFull: (full) =>
        logger[full ? "error" : "info"]({
          event: full ? "storage.full" : "storage.available",
          shard,
        }),
    }),
    onTaken: (log, tail) => shards.take(log, tail),
    onRoundEnded: (taken) => void agentWatch.claim(taken).catch(onTrouble),
    onLost: (shard) =>
      shards.drop(shard, new Error(`the lease of shard ${shard} is somebody else's`)),
    onError: (error) => logger.warn({ event: "lease.unknown", err: error }),
  });
  const stopSweeping = sweepMemory({
    memory,
    clock,
    logger,
    isOurs: () => conductor.owners.has(SWEEPING_SHARD),
  });
  return {
    access,
    stopSweeping,
    shards,
    ownership,
    agentWatch,
    deadlines,
    learning,
    teamLinks,
    intakeOptions: {
      access,
      keys,
      clock,
      logger,
      randomBytes,
      createRun: async (request: { runId: RunId; job: Job; isNew: boolean }) => {
        const owner = conductor.owners.get(shardOf(request.runId));
        if (owner !== undefined)
          return createOwned(owner, request.runId, request.job, request.isNew);
        await admission.check(request.job);
        await handOver(access, coordinatorId, request.runId, request.job);
        return "accepted" as const;
      },
    },
  };
}

/** Makes a run on a shard that is ours, unless it is there. Resolves when that is stored. */
async function createRun(request: {
  readonly reader: RunReader;
  readonly admission: Admission;
  readonly owner: ShardOwner;
  readonly runId: RunId;
  readonly job: Job;
  readonly isNew: boolean;
  readonly openRunCount: () => number;
}): Promise<"accepted" | "known"> {
  const { reader, admission, owner, runId, job, isNew } = request;
  if (!isNew && (await reader.has(owner, runId))) {
    await owner.settled();
    return "known";
  }
  const { plan, digest, inputs, directory, rerun } = await admission.admit(job);
  if (owner.runs.has(runId)) {
    await owner.settled();
    return "known";
  }
  refuseWhenFull(request.openRunCount());
  const created = {
    type: "run.started",
    cascade: plan.cascade,
    plan: digest,
    machine: RUN_MACHINE,
    inputs,
    directory,
    host: hostname(),
    ...(job.key === undefined ? {} : { key: job.key }),
    ...(rerun === undefined ? {} : { rerunOf: rerun.run }),
  } as const;
  const run = new RunState(runId, plan, created, mutedOrders);
  owner.begin(run, created, rerun?.reused ?? []);
  await owner.settled();
  return "accepted";
}

/** How long the submitter's answer waits for the owner to have made a run that was handed over. */
const HAND_OVER_WAIT_MS = 5_000;
const HAND_OVER_POLL_MS = 25;

/**
 * Tells the owner of another shard durably; it answers for the run from now on. Waits until it does, so that whoever
 * submitted the job can ask for the run at once; without an owner the run begins when there is one.
 */
async function handOver(
  access: LogAccess,
  from: CoordinatorId,
  runId: RunId,
  job: Job,
): Promise<void> {
  const { connection, jetstream, subjects, clock } = access;
  const shard = shardOf(runId);
  await jetstream.publish(subjects.inbox(shard, "job", from), encodeMessage({ v: 1, runId, job }));
  const untilMs = clock.monotonicMs() + HAND_OVER_WAIT_MS;
  const question = encodeMessage({ v: 1, run: runId, after: 0 });
  while (clock.monotonicMs() < untilMs) {
    try {
      const message = await connection.request(subjects.query(shard), question, { timeout: 1_000 });
      if (!("error" in decodeMessage(queryAnswer, message.data))) return;
    } catch (error) {
      if (!isUnheard(error) && failureOf(error) !== "unknown") throw error;
    }
    await new Promise<void>((resolve) => void clock.schedule(HAND_OVER_POLL_MS, resolve));
  }
}

function isStageEnd(
  event: RunEvent,
): event is Extract<RunEvent, { type: "stage.succeeded" | "stage.failed" | "stage.skipped" }> {
  const { type } = event;
  return type === "stage.succeeded" || type === "stage.failed" || type === "stage.skipped";
}

function epochOf(conductor: Conductor, run: RunState): number {
  return conductor.owners.get(run.shard)?.log.epoch ?? 0;
}
