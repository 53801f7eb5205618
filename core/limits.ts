import { SwarmError } from "./errors.ts";

/** Every limit, refused by name at the door. Bytes and counts unless the name says otherwise. */
export const LIMITS = {
  cascadeFileBytes: 1_048_576,
  yamlDepth: 64,
  /** A `SKILL.md` or `skill.yaml`. */
  skillFileBytes: 262_144,
  skillsPerFolder: 1_000,
  /** What the program of a skill may write to its standard output. */
  skillOutputBytes: 16_777_216,
  /** What of its standard error becomes lines of the log. */
  skillLogBytes: 1_048_576,
  /** Of the standard output of a cascade's command, and of its standard error, what becomes its output. */
  commandOutputBytes: 1_048_576,
  /** Of a command, its program included. */
  commandArguments: 1_000,
  /** One argument of a command: what Linux takes, without the byte that ends it. */
  commandArgumentBytes: 131_071,
  /** What a program in the sandbox may take when its order does not say. */
  sandboxWallMs: 600_000,
  /** Of each of its processes. */
  sandboxCpuSeconds: 600,
  sandboxMemoryBytes: 2_147_483_648,
  /** Threads count, too: a Node.js process has about a dozen. */
  sandboxProcesses: 512,
  /** Of its standard output, its standard error and its report, each, what is kept. */
  sandboxOutputBytes: 1_048_576,
  /** Of one of them, all together: a program that writes more is ended. */
  sandboxFloodBytes: 67_108_864,
  /** Of one file that it writes. */
  sandboxFileBytes: 268_435_456,
  /** Of the answer to an HTTP request. */
  httpBodyBytes: 4_194_304,
  stagesPerCascade: 10_000,
  /** Of variables of the environment, and of secrets, that a cascade lists. */
  namesPerCascade: 100,
  /** Skills that a stage falls back to, one after the other. */
  fallbacks: 20,
  /** Of one stage, and of one cascade. */
  notifications: 20,
  /** A file of secrets. */
  secretsFileBytes: 1_048_576,
  skillsPerStage: 256,
  fanOutItems: 100_000,
  /** Of a list for each of whose entries several stages, or a cascade, run: they stand in the plan. */
  entriesOfStages: 100,
  expressionBytes: 4_096,
  /** Of the syntax tree of one expression. */
  expressionNodes: 400,
  expressionDepth: 32,
  /** A list that an expression goes through entry by entry. */
  expressionListItems: 10_000,
  /** A text that an expression works on, and what it may make. */
  expressionTextBytes: 1_048_576,
  /** Values that an expression may make, those inside others counted. */
  expressionResultValues: 1_000_000,
  loopIterations: 100,
  openRuns: 20_000,
  /** Agent processes that one supervisor runs. */
  agentsPerSupervisor: 256,
  /** Of one shard, in one answer. */
  listedRuns: 1_000,
  /** NATS carries 1 MiB; the rest is room for headers. */
  jobBytes: 1_000_000,
  /** A larger value travels as an object and is named by its hash. */
  inlineValueBytes: 65_536,
  objectBytes: 268_435_456,
  messageBatchBytes: 262_144,
  eventsPerAppend: 500,
  idempotencyKeyBytes: 256,
  /** A key of the memory. */
  memoryKeyBytes: 128,
  memoryKeysPerStage: 256,
  /** A year. */
  memoryTtlMs: 31_536_000_000,
  /** What several writers do to one key at the same time: how often one of them begins anew. */
  memoryUpdateTries: 200,
  /** What a task tells another member of its team, or asks of it. */
  peerMessageBytes: 16_384,
  /** What a member answers. */
  peerAnswerBytes: 262_144,
  /** At one member, for its one thread for others. */
  peerAsksWaiting: 16,
  /** That an agent keeps: notes of one stage, and stages that have some. */
  peerNotesPerStage: 256,
  peerMailboxes: 100,
  /** How long results of stages are kept for other runs at most: thirty days. */
  cacheTtlMs: 2_592_000_000,
  /** All of them together. */
  cacheBytes: 268_435_456,
  /** Of a stage whose results are kept. */
  cachedTasks: 1_000,
  /** That its inputs name, and the files under each of them that are read to tell whether they are the same. */
  cachedPaths: 20,
  cachedFiles: 20_000,
  cachedFileBytes: 268_435_456,
  /** A limit of a budget, whatever it counts. */
  budgetAmount: 1_000_000_000_000,
  /** How long it is known what was spent in a day: a week. */
  dayBudgetTtlMs: 604_800_000,
  /** Calls of a day that are not settled; of more, the oldest count at their worst. */
  openDayCalls: 2_000,
  attemptsPerTask: 100,
  taskTimeoutMs: 86_400_000,
  /** Recorded parts of one task. */
  stepsPerTask: 200,
  /** Of a step's value; a larger one becomes an object. */
  stepInlineBytes: 2_048,
  /** Thirty days. */
  pauseMs: 2_592_000_000,
  /** What comes with a signal, as JSON. */
  signalBytes: 65_536,
  /** Signals of one run that no stage has taken. */
  signalsPerRun: 1_000,
  errorMessageBytes: 2_048,
  /** A source file that the mutation repairer reads. */
  repairFileBytes: 524_288,
  /** Single edits that the mutation repairer proposes for one file, and for all of one request. */
  repairCandidatesPerFile: 400,
  repairCandidates: 1_500,
  /** Of a project that is copied for its tests: files, one file, all together. */
  snapshotFiles: 50_000,
  snapshotFileBytes: 67_108_864,
  snapshotBytes: 536_870_912,
  /** Changes that are made a patch of, and the text of one file after them. */
  draftChanges: 200,
  draftFileBytes: 1_000_000,
  /** A patch that is named by its file. */
  patchBytes: 16_777_216,
} as const;

export type LimitName = keyof typeof LIMITS;

/** @throws SwarmError `limit-exceeded` that names the limit, what was given and what is allowed */
export function refuseOver(limit: LimitName, given: number): void {
  if (given <= LIMITS[limit]) return;
  throw new SwarmError("limit-exceeded", `${limit}: ${given} given, ${LIMITS[limit]} allowed`);
}
