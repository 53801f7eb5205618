import type { Explanation } from "./explanation.ts";

/** What may go wrong with the swarm's own processes and its server. */
export const SWARM_EXPLANATIONS = {
  "broker-unavailable": {
    causes: [
      "no swarm runs in this directory, for a command that joins one",
      "NATS_URL names a server that is down, or that refuses the user or password",
      "the nats-server of another swarm still uses this directory's store",
    ],
    remedies: [
      "npm run swarm -- up starts a swarm here",
      "npm run cascade -- doctor tries the server",
    ],
    example: "error broker-unavailable: no NATS server answers at nats://127.0.0.1:4222",
  },
  "broker-missing": {
    causes: [
      "no nats-server on PATH or in the cache, and none could be fetched",
      "NATS_SERVER_BIN names a program that does not run",
    ],
    remedies: [
      "install nats-server 2.9 or newer, or name one: NATS_SERVER_BIN=/path/to/nats-server",
      "or use a server that runs elsewhere: NATS_URL=nats://host:4222",
    ],
    example: "error broker-missing: no nats-server: PATH: not there; download: no network",
  },
  "broker-too-old": {
    causes: [
      "a nats-server that is older than what this needs",
      "a store that a newer nats-server wrote",
    ],
    remedies: [
      "install a newer nats-server and name it with NATS_SERVER_BIN",
      "or move .cascade away to begin with an empty store: its unfinished runs are given up",
    ],
    example: "error broker-too-old: /usr/bin/nats-server is 2.2.0, at least 2.9.0 is needed",
  },
  "sandbox-unavailable": {
    causes: [
      "no bubblewrap on PATH or in the cache, and none could be fetched",
      "the kernel or a container's settings do not let ordinary users make namespaces",
      "a probe got out: what is not enforced stands in the message; nothing was run",
    ],
    remedies: [
      "install bubblewrap 0.8 or newer (Debian, Ubuntu: apt-get install bubblewrap), or name one: CASCADE_BWRAP_BIN=/path/to/bwrap",
      "allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 or kernel.apparmor_restrict_unprivileged_userns=0, or the container's security options",
      "npm run cascade -- sandbox doctor says what is enforced here",
    ],
    example: "error sandbox-unavailable: no bubblewrap: PATH: none there; the cache: none there",
  },
  "peer-unlinked": {
    causes: [
      "a skill sends to a member that its stage's topology does not join it with, as a leaf of a star to another",
      "the stage has no `swarm_config`, so its tasks are in no team",
    ],
    remedies: [
      "send to those that `peers.neighbours()` names, or to all of them with `peers.broadcast`",
      "choose a topology with the link: `mesh` has them all",
    ],
    example: "error peer-unlinked: a star has no link from agent-1 to agent-2",
  },
  "peer-silent": {
    causes: [
      "the member left or was killed",
      "it has more to do for others than fits into a minute",
    ],
    remedies: [
      "ask another neighbour, or go on without",
      "npm run cascade -- agents ls says who is there",
    ],
    example: "error peer-silent: agent-2 did not carry out lint-code: unheard",
  },
  "storage-full": {
    causes: [
      "the disk is full, or a limit of the server's account or stream is reached",
      "a run's folder cannot be written for want of space",
    ],
    remedies: [
      "free some space, for example old runs in .cascade/runs",
      "nothing that was accepted is lost: unfinished runs go on when there is room",
    ],
    example: "error storage-full: the job was not stored: insufficient resources",
  },
  "queue-full": {
    causes: [
      "as many runs go on as a coordinator carries, such as runs that wait for people",
      "jobs come faster than agents carry them out",
    ],
    remedies: [
      "send the job again after the time that the error names in `retryAfterMs`, or publish it to cascade.jobs: there it waits",
      "npm run cascade -- runs ls --status running says what goes on; runs cancel ends what nobody needs",
      "start more agents, or another coordinator",
    ],
    example: "error queue-full  openRuns: 20000 runs go on, 20000 allowed",
  },
  "store-not-empty": {
    causes: [
      "the server has runs already, or a coordinator has used it",
      "an earlier import was ended half-way",
    ],
    remedies: [
      "import in a directory without .cascade, before a swarm is started there",
      "or name a server with an empty JetStream by NATS_URL",
    ],
    example: "error store-not-empty  the stream LOG has 16 messages",
  },
  "log-fenced": {
    causes: ["a coordinator that stood still for longer than its lease: another has taken over"],
    remedies: [
      "none is needed: the new owner goes on with the runs",
      "when it comes often, the machine is overloaded or its clock jumps",
    ],
    example: "error log-fenced: shard 3 has another owner since epoch 7",
  },
  "record-corrupt": {
    causes: [
      "a file of the store was changed or damaged",
      "an object that a value names was removed from the server",
    ],
    remedies: [
      "check the disk; the message names the record or object",
      "start the run again: what is damaged is not guessed at",
    ],
    example: "error record-corrupt: object 3fa9c1d20b7e… (81920 bytes) holds other bytes",
  },
  "restart-limit": {
    causes: ["a process of the swarm ended more than three times within a minute"],
    remedies: [
      "the lines above the error, and those in .cascade/logs, say how it ended",
      "npm run cascade -- doctor says what is missing on this machine",
    ],
    example: "error restart-limit: agent-1 ended more than three times within a minute",
  },
  "coordinator-unavailable": {
    causes: [
      "a swarm that is still starting, or whose coordinator is being restarted",
      "a server at NATS_URL with which no coordinator is connected",
    ],
    remedies: ["start one: npm run swarm -- up, or npm run coordinator beside a server of yours"],
    example: "error coordinator-unavailable: no coordinator answers",
  },
  "invalid-message": {
    causes: [
      "a program that speaks on the swarm's subjects in another form",
      "an agent and a coordinator of different versions",
      "an id with characters that no id has",
    ],
    remedies: ["run the same version everywhere; the message names the field"],
    example: 'error invalid-message: run id "a b" is not a token',
  },
  "old-node": {
    causes: ["a Node.js older than 24, started without the npm scripts, which bring their own"],
    remedies: ["npm ci, then npm run swarm; or install Node.js 24"],
    example: "cascade-swarm needs Node.js 24 or newer, this is 20.20.2",
  },
  internal: {
    causes: ["a mistake in this program: what it relied on was not so"],
    remedies: [
      "start again: what was accepted is stored, and unfinished runs go on",
      "report it with the message, its stack and the command",
    ],
    example: "error internal: no coordinator: the process ended before it was ready",
  },
} as const satisfies Readonly<Record<string, Explanation>>;
