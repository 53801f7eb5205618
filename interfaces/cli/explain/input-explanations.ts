import type { Explanation } from "./explanation.ts";

/** What may be wrong with what a command or a job is given. */
export const INPUT_EXPLANATIONS = {
  usage: {
    causes: [
      "a mistyped command or option, or a value that an option does not take",
      "an option that would be without effect for this command",
      "a file that a command would have to overwrite",
    ],
    remedies: ["npm run cascade -- <command> --help shows what there is, with examples"],
    example: "error usage: unknown option '--onec'",
  },
  "unknown-input": {
    causes: [
      "a mistyped name",
      "an input that another skill of the cascade has, given to this one",
    ],
    remedies: [
      "take the name that the hint gives",
      "add the input to the cascade's `inputs` if it is meant to have one",
    ],
    example: 'error unknown-input: pauses has no input "mss"',
  },
  "unknown-secret": {
    causes: [
      "the secret is neither in the environment that the swarm was started with, nor in the `.env` of its directory, nor in the person's own file of secrets",
      "the agent runs on another machine than the one where the secret is",
    ],
    remedies: [
      "start the swarm again with the variable set, or add a line NAME=value to `.env` or to ~/.config/cascade-swarm/secrets (chmod 600)",
      "the files are read anew for every task: no restart is needed for a line in them",
    ],
    example: "error unknown-secret: this agent knows no secret DEPLOY_TOKEN",
  },
  "missing-input": {
    causes: [
      "a run that was started without an input that has no default",
      "a skill's input that neither the stage, an input of the cascade nor a stage before gives",
    ],
    remedies: [
      "give it with the run: --input <name>=<value>",
      "or in the cascade: a `default`, or `required: false`, or the stage's `inputs`",
    ],
    example: 'error missing-input: /inputs/path: the input "path" is required',
  },
  "invalid-input": {
    causes: [
      "a value of another type than declared; --input takes JSON for all types but string and path",
      "a reference inside a text that is neither text, number nor true or false",
      "a `foreach` that is no list when the run comes to it",
      "a file that is not what the command reads, such as a report",
    ],
    remedies: ["the message names the input and its type; quote JSON: --input 'list=[1, 2]'"],
    example: 'error invalid-input: /inputs/ms: the input "ms" must be of type integer',
  },
  "path-not-found": {
    causes: [
      "a mistyped path",
      "a relative path that means another directory: it is the one where the command was started",
      "a mistyped command: what is none is taken for the path to analyse",
    ],
    remedies: ["check the path that the message names; it is absolute"],
    example: "error path-not-found: /home/me/app/scr does not exist",
  },
  "path-unreadable": {
    causes: [
      "missing permissions of the file or a folder above it",
      "a folder, pipe or device where a file is expected",
      "a file that is not UTF-8",
      "a folder or file that cannot be written",
    ],
    remedies: ["the system's own word in the message says which: EACCES, EISDIR, EROFS …"],
    example: "error path-unreadable: /root/app cannot be read (EACCES)",
  },
  "nothing-to-do": {
    causes: ["a folder without cascade files", "a directory in which nothing can be analysed"],
    remedies: ["give another path; folders below are not looked into for cascades"],
    example: "error nothing-to-do: docs has no cascade files",
  },
  "invalid-job": {
    causes: [
      "a message on the jobs subject that is not JSON or lacks `cascade`",
      "a `definition` in a published job: only a request may bring its own cascade",
    ],
    remedies: [
      'publish {"cascade": "<name>", "inputs": {…}}; npm run job -- <cascade> key=value does it',
      "send a definition as a request to cascade.submit, which answers",
    ],
    example: "error invalid-job: /definition: a published job names a registered cascade",
  },
  "idempotency-conflict": {
    causes: ["a key that was used before, now with other inputs or another cascade"],
    remedies: ["use a new key for a new job; the same key is for sending the same job again"],
    example: "error idempotency-conflict: this key belongs to run r1kq0-4, whose job was another",
  },
  "limit-exceeded": {
    causes: [
      "a file, list, job or value larger than the limit that the message names",
      "more open runs than a swarm takes",
    ],
    remedies: [
      "the message says what was given and what is allowed; docs/cascade-format.md lists the limits of cascades",
      "split the work: several runs, or a stage that makes a shorter list",
    ],
    example: "error limit-exceeded: fanOutItems: 120000 given, 100000 allowed",
  },
  "unknown-letter": {
    causes: ["it was retried or dropped before", "it is older than thirty days, and forgotten"],
    remedies: ["npm run cascade -- dead ls lists what is there"],
    example: "error unknown-letter: no dead letter has the number 7",
  },
  "unknown-run": {
    causes: ["a mistyped id", "a run of another directory's swarm, or one whose history is gone"],
    remedies: ["npm run cascade -- runs ls lists the runs of the swarm that runs here"],
    example: "error unknown-run: no run r1kq0-4",
  },
} as const satisfies Readonly<Record<string, Explanation>>;
