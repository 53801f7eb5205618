import { isToken } from "./ids.ts";

/**
 * Every subject, stream and bucket name is built here and nowhere else.
 * One server can hold several projects: each has a prefix of its own.
 */
export function openSubjects(prefix = "cascade"): Subjects {
  const at = (...tokens: (string | number)[]): string =>
    [prefix, ...tokens.map(checkedToken)].join(".");
  const upper = prefix === "cascade" ? "" : `${prefix.toUpperCase()}_`;
  checkedToken(prefix);
  return {
    prefix,
    streams: {
      jobs: `${upper}JOBS`,
      log: `${upper}LOG`,
      history: `${upper}HISTORY`,
      inbox: `${upper}INBOX`,
      dead: `${upper}DEAD`,
    },
    buckets: {
      lease: `${prefix}_lease`,
      open: `${prefix}_open`,
      key: `${prefix}_key`,
      blob: `${prefix}_blob`,
      memory: `${prefix}_memory`,
      learned: `${prefix}_learned`,
      cache: `${prefix}_cache`,
      budget: `${prefix}_budget`,
    },
    jobs: `${prefix}.jobs`,
    allJobs: [`${prefix}.jobs`, `${prefix}.jobs.*`],
    submit: `${prefix}.submit`,
    log: (shard) => at("log", shard),
    allLogs: `${prefix}.log.*`,
    history: (shard, run) => at("history", shard, run),
    allHistory: `${prefix}.history.*.*`,
    inbox: (shard, kind, author) => at("inbox", shard, kind, author),
    inboxOf: (shard) => `${at("inbox", shard)}.>`,
    allInboxes: `${prefix}.inbox.>`,
    deadJob: (queue) => at("dead", "jobs", queue),
    deadTask: (run, stage) => at("dead", run, stage),
    allDead: `${prefix}.dead.>`,
    control: `${prefix}.control`,
    controlOf: (shard) => at("control", shard),
    query: (shard) => at("query", shard),
    listing: (shard) => at("runs", shard),
    historyOf: (shard) => `${at("history", shard)}.*`,
    memory: (shard, agent) => at("memory", shard, agent),
    memoryOf: (shard) => `${at("memory", shard)}.*`,
    allMemory: `${prefix}.memory.*.*`,
    blob: (shard, agent) => at("blob", shard, agent),
    blobsOf: (shard) => `${at("blob", shard)}.*`,
    allBlobs: `${prefix}.blob.*.*`,
    allParked: `${prefix}.inbox.*.result.*`,
    budget: (shard, agent) => at("budget", shard, agent),
    budgetOf: (shard) => `${at("budget", shard)}.*`,
    allBudgets: `${prefix}.budget.*.*`,
    result: (shard, agent) => at("result", shard, agent),
    allResults: `${prefix}.result.*.*`,
    resultsOf: (shard) => `${at("result", shard)}.*`,
    event: (run, stage, type) =>
      `${at("events", run, stage)}.${type.split(".").map(checkedToken).join("-")}`,
    eventsOf: (run) => `${at("events", run)}.>`,
    allEvents: `${prefix}.events.>`,
    coordinatorHeartbeat: (coordinator) => at("coordinator", coordinator, "heartbeat"),
    allCoordinatorHeartbeats: `${prefix}.coordinator.*.heartbeat`,
    agentTask: (agent) => at("agent", agent, "task"),
    allOffers: `${prefix}.agent.*.task`,
    agentHeartbeat: (agent) => at("agent", agent, "heartbeat"),
    allHeartbeats: `${prefix}.agent.*.heartbeat`,
    agentGone: (agent) => at("agent", agent, "gone"),
    allGone: `${prefix}.agent.*.gone`,
    agentControl: (agent) => at("agent", agent, "control"),
    allControls: `${prefix}.agent.*.control`,
    lane: (lane) => at("lane", lane),
    allLanes: `${prefix}.lane.*`,
    peer: (from, to, kind) => at("peer", from, to, kind),
    allPeers: `${prefix}.peer.*.*.*`,
    peersTo: (to) => `${prefix}.peer.*.${checkedToken(to)}.*`,
    peersFromTo: (from, to) => `${at("peer", from, to)}.*`,
    stage: (run, stage) => at("stage", run, stage),
    allStages: `${prefix}.stage.*.*`,
    supervisorScale: (supervisor) => at("supervisor", supervisor, "scale"),
    admit: `${prefix}.permissions.admit`,
    teams: (coordinator) => at("permissions", "teams", coordinator),
    allTeams: `${prefix}.permissions.teams.*`,
    ofAgent: (agent) => ({
      results: `${prefix}.result.*.${checkedToken(agent)}`,
      parked: `${prefix}.inbox.*.result.${checkedToken(agent)}`,
      memory: `${prefix}.memory.*.${checkedToken(agent)}`,
      blobs: `${prefix}.blob.*.${checkedToken(agent)}`,
      budgets: `${prefix}.budget.*.${checkedToken(agent)}`,
    }),
  };
}

export interface Subjects {
  readonly prefix: string;
  readonly streams: Readonly<Record<"jobs" | "log" | "history" | "inbox" | "dead", string>>;
  readonly buckets: Readonly<
    Record<"lease" | "open" | "key" | "blob" | "memory" | "learned" | "cache" | "budget", string>
  >;
  readonly jobs: string;
  readonly allJobs: readonly string[];
  readonly submit: string;
  log(shard: number): string;
  readonly allLogs: string;
  history(shard: number, run: string): string;
  readonly allHistory: string;
  inbox(shard: number, kind: InboxKind, author: string): string;
  inboxOf(shard: number): string;
  readonly allInboxes: string;
  deadJob(queue: string): string;
  deadTask(run: string, stage: string): string;
  readonly allDead: string;
  /** Requests of anyone to do something to a run; see `runCommand`. */
  readonly control: string;
  /** The same, at the owner of the run's shard. */
  controlOf(shard: number): string;
  query(shard: number): string;
  listing(shard: number): string;
  historyOf(shard: number): string;
  /** What an agent asks of the memory that tasks of a shard's runs use. */
  memory(shard: number, agent: string): string;
  memoryOf(shard: number): string;
  readonly allMemory: string;
  /** What an agent asks of the objects of a shard (`shardOf` their name). */
  blob(shard: number, agent: string): string;
  blobsOf(shard: number): string;
  readonly allBlobs: string;
  /** Results that agents left in INBOX. */
  readonly allParked: string;
  /** What an agent asks before it calls a model for a run of a shard. */
  budget(shard: number, agent: string): string;
  budgetOf(shard: number): string;
  readonly allBudgets: string;
  result(shard: number, agent: string): string;
  resultsOf(shard: number): string;
  readonly allResults: string;
  /** `type` is an event name such as `task.succeeded`; its dot becomes a hyphen, so that the subject has a fixed depth. */
  event(run: string, stage: string, type: string): string;
  eventsOf(run: string): string;
  readonly allEvents: string;
  coordinatorHeartbeat(coordinator: string): string;
  readonly allCoordinatorHeartbeats: string;
  agentTask(agent: string): string;
  readonly allOffers: string;
  agentHeartbeat(agent: string): string;
  readonly allHeartbeats: string;
  /** Others say there that the process of an agent has ended; the agent itself says so in its heartbeat. */
  agentGone(agent: string): string;
  readonly allGone: string;
  agentControl(agent: string): string;
  readonly allControls: string;
  lane(lane: string): string;
  readonly allLanes: string;
  peer(from: string, to: string, kind: string): string;
  readonly allPeers: string;
  peersTo(to: string): string;
  peersFromTo(from: string, to: string): string;
  stage(run: string, stage: string): string;
  readonly allStages: string;
  /** What a supervisor is asked to change about its agents. */
  supervisorScale(supervisor: string): string;
  /** Asks whoever keeps the server's permissions to let an agent in. */
  readonly admit: string;
  /** A coordinator tells whoever keeps the server's permissions which teams it has. */
  teams(coordinator: string): string;
  readonly allTeams: string;
  /** What an agent may send in its own name, to any shard. */
  ofAgent(
    agent: string,
  ): Readonly<Record<"results" | "parked" | "memory" | "blobs" | "budgets", string>>;
}

export type InboxKind = "job" | "result" | "cancel" | "approval";

/** Answers to requests go to subjects below the inbox of whoever asks, and to nowhere else. */
export function inboxOf(name: string): string {
  return `_INBOX_${checkedToken(name)}`;
}

/** Where the answers of `peer` to an agent's requests go: nobody else can send there. */
export function peerInboxOf(agent: string, peer: string): string {
  return `${inboxOf(agent)}.${checkedToken(peer)}`;
}

/** The server's own inboxes for answers that go from one account to another. */
export const CROSS_ACCOUNT_REPLIES = "_R_.>";

/** What NATS service discovery asks of a service of this name. */
export function discoveryOf(service: string): readonly string[] {
  return ["PING", "INFO", "STATS"].flatMap((verb) => [
    `$SRV.${verb}`,
    `$SRV.${verb}.${service}`,
    `$SRV.${verb}.${service}.*`,
  ]);
}

/** The name of a NATS queue group that all agents of a lane share. */
export const LANE_QUEUE_GROUP = "agents";
/** The name under which agents answer NATS service discovery. */
export const AGENT_SERVICE = "cascade-agent";
/** The name under which coordinators that take jobs answer NATS service discovery. */
export const COORDINATOR_SERVICE = "cascade-coordinator";
/** Stands for the stage in the subject of an event that concerns the whole run. */
export const WHOLE_RUN = "_";

function checkedToken(token: string | number): string {
  const text = String(token);
  if (!isToken(text)) throw new Error(`not a subject token: ${JSON.stringify(text).slice(0, 80)}`);
  return text;
}
