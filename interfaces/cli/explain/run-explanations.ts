import type { Explanation } from "./explanation.ts";

/** What may go wrong with the tasks of a run. */
export const RUN_EXPLANATIONS = {
  "no-model": {
    causes: [
      "a stage needs a model, and there is no key of a vendor and no local endpoint",
      "there is one, but not for the model that the stage names, or for what it must be able to do",
      "all that could answer are left alone for a while after failures",
    ],
    remedies: [
      "set ANTHROPIC_API_KEY, OPENAI_API_KEY or GEMINI_API_KEY before the swarm starts",
      "or CASCADE_MODEL_BASE_URL and CASCADE_MODEL for an endpoint of your own, such as Ollama",
      "or CASCADE_MODEL_SCRIPT, a file of answers, to try a cascade without any model",
      "npm run cascade -- models doctor says what is there, models route what would be asked",
    ],
    example: "error no-model  claude needs ANTHROPIC_API_KEY: claude-opus-5-5: no key of anthropic",
  },
  "budget-exhausted": {
    causes: [
      "the next call of a model could cost more than is left of a budget: of the run, of a stage, or of the day",
      "the time of a budget is over",
      "the stages need more calls than the budget has, which is found before anything runs",
    ],
    remedies: [
      "the message says which budget it is, its limit, what is spent and reserved, and what was asked for",
      "raise it under `budget` in the cascade, or CASCADE_BUDGET_USD_PER_DAY and its like for the day",
      "a call is reserved with the longest answer it may have: a smaller `max_output_tokens` reserves less",
    ],
    example:
      "error budget-exhausted  stage review, task 7: the budget of the run is 7 calls: 7 calls spent, 0 calls reserved, 1 call asked for a call of claude-opus-5-5",
  },
  "budget-unbounded": {
    causes: [
      "a budget limits `usd`, and the registry of models has no price for the model that would be asked",
    ],
    remedies: [
      "put its price into a file that CASCADE_MODEL_REGISTRY names",
      "or limit `tokens` or `calls`, which are counted without a price",
    ],
    example:
      "error budget-unbounded  stage ask, task 0: the budget of the run is $1.0000, and the price of my-model is not known",
  },
  "model-failed": {
    causes: [
      "a vendor answered with an error: a limit, a quota that is used up, a key that it does not take",
      "an answer that was cut, or that does not fit the schema it was asked for",
      "the model refused",
    ],
    remedies: [
      "the message begins with the class of the failure; docs/models.md says what each one means",
      "`model: auto-select`, or `error_handling: {strategy: model-switch}`, lets other models take over",
    ],
    example:
      "error model-failed  auth: anthropic claude-opus-5-5 answered 401 authentication_error: invalid key",
  },
  "approval-mismatch": {
    causes: [
      "the stage does not wait for an approval, or not any more: somebody else, or its time limit, was faster",
      "the answer was given to another text than the stage asks now",
    ],
    remedies: [
      "npm run cascade -- runs show <run> says what the run waits for, and with which content",
      "read it, and answer again",
    ],
    example:
      "error approval-mismatch at /content: release of r1abc-2 asks for other content than was answered",
  },
  "signal-timeout": {
    causes: ["nobody sent the signal within the `timeout` of the stage that waits for it"],
    remedies: [
      "npm run cascade -- runs signal <run> <name> sends it; one that comes early is kept",
      "give the stage more time, or `on_timeout: continue` where it may go on without",
    ],
    example: "error signal-timeout  stage uploaded: the signal upload did not come in time",
  },
  "run-ended": {
    causes: ["the run succeeded, failed or was cancelled before the command came"],
    remedies: ["npm run cascade -- runs rerun <run> begins a new one with what it did"],
    example: "error run-ended  the run r1abc-2 has ended already",
  },
  "approval-denied": {
    causes: [
      "a person answered a stage that waits for an approval with no",
      "nobody answered within the stage's time limit",
    ],
    remedies: [
      "ask who denied it, or run the cascade again",
      "give the stage more time, or `on_timeout: approve` where that is safe",
    ],
    example: "error approval-denied: stage release: ann did not approve: not on a Friday",
  },
  "gate-not-met": {
    causes: ["the `gate` of a stage is not true of what the stage has made"],
    remedies: [
      "see what the stage made: the run's report, or the events of the run",
      "take back the change that made it worse, or set the gate to what is wanted",
    ],
    example: "error gate-not-met: the gate of stage check--gate is not met: quality >= 0.7",
  },
  "expression-failed": {
    causes: [
      "the data of the run has another form than the expression expects: a position that is not there, a division by zero",
      "a `when` whose value is not true or false",
    ],
    remedies: [
      "ask first: `has(a.b) && …`, `size(list) > 0 && …`",
      "give what may be missing a value: `coalesce(a, 0)`, `a.?b.orValue(0)`",
    ],
    example:
      "error expression-failed  ${list.items[size(list.items)]}: a list of 2 has no position 2",
  },
  "no-branch": {
    causes: ["the condition of a conditional stage has a value that no branch is for"],
    remedies: [
      "add `default` to the stage",
      "add a branch of that name, or with a lower `at_least`",
    ],
    example: 'error no-branch  no branch fits "odd" (there is: simple, complex)',
  },
  "memory-denied": {
    causes: [
      "a skill used a key of the memory that its stage does not declare",
      "the stage or the run had ended, so that nothing of it may write any more",
    ],
    remedies: [
      "add the key to `memory.read_keys` or `memory.write_keys` of the stage",
      "or list it under `memory.keys` of the cascade, and say `memory: persistent` on the stage",
    ],
    example: 'error memory-denied: the stage review may not write "plan" (it may write: findings)',
  },
  "memory-conflict": {
    causes: [
      "other tasks kept changing the same key between the skill's reading and writing it",
      "on the command line: the key has another revision than `--revision` says",
    ],
    remedies: [
      "let each task write a key of its own, and one stage put them together",
      "read the value again, and give its revision",
    ],
    example: "error memory-conflict: others changed the key count before each of 200 tries",
  },
  "skill-changed": {
    causes: [
      "the files of a skill were changed while the swarm ran, or by the skill itself",
      "agents on several machines have different versions of a skill",
    ],
    remedies: [
      "start the swarm again and run the cascade anew: a run keeps to the skills that it began with",
      "a program writes its files into CASCADE_RUN_FOLDER, not beside its own",
    ],
    example:
      "error skill-changed: the skill wordcount of this run has changed since (/home/ann/tools/skills/wordcount)",
  },
  "tests-failing": {
    causes: [
      "tests fail each time they are run, and no change that was tried made them pass without breaking others",
      "auto_fix is off, or the agent has nobody who proposes fixes",
    ],
    remedies: [
      "the report that the message names has each test with its message, the files it points to, and what was tried and why it did not hold",
      "where failing tests are a result like any other, set allow_failures: true on the stage",
    ],
    example:
      "error tests-failing: 2 of 23 tests go on failing: test/sum.test.js > adds, test/sum.test.js > rounds; all that was found out: …",
  },
  "tests-unreadable": {
    causes: [
      "the test runner ended without a report, or after its time limit",
      "its report and its exit code contradict each other, as when code under test ends the program",
      "the tests need a network, a service or a file outside of the project, which the sandbox does not have",
    ],
    remedies: [
      "the message has the last words of the runner; run the tests by hand to see all of them",
      "choose the tests that need nothing else with test_suite, such as unit",
      "docs/fix-loop.md says what tests see in the sandbox",
    ],
    example:
      "error tests-unreadable: the report names no failure, but the program ended with 1; its last words: …",
  },
  "skill-failed": {
    causes: [
      "the skill threw an error: what it works on, or a program that it calls, is not as expected",
      "a service that the skill asks did not answer",
      "a skill that is a program ended with another exit code than 0, or does not start",
    ],
    remedies: [
      "the message is the skill's own; its stack stands in .cascade/logs",
      "such an error is tried again as the stage's `error_handling` says",
    ],
    example: "error skill-failed: oxlint 1.80.0 ended with code 2 and no readable report",
  },
  "skill-crashed": {
    causes: [
      "the thread of the skill ran out of memory or ended itself",
      "a skill that is a program was ended by a signal",
    ],
    remedies: [
      "give it less at once, such as a smaller batch_size",
      "it is tried again, on another agent when there is one",
    ],
    example: "error skill-crashed: the thread that ran the skill died: out of memory",
  },
  "invalid-output": {
    causes: [
      "the skill returned something that is not JSON, or not an object",
      "an output that SKILL.md requires is missing, or of another type",
      "a skill that is a program wrote something else than one JSON object to its standard output",
    ],
    remedies: ["correct the skill, or what its SKILL.md declares"],
    example: 'error invalid-output: "files" of the skill own must be of type array',
  },
  "task-timeout": {
    causes: ["one attempt took longer than the stage's `timeout`, 10 minutes when it has none"],
    remedies: [
      "set `timeout: 30m` in the stage",
      "or give each task less: more, smaller entries of `foreach`",
    ],
    example: "error task-timeout: security-scan took longer than 600000 ms",
  },
  "task-cancelled": {
    causes: ["somebody cancelled the run, or its swarm was stopped while the task ran"],
    remedies: ["none is needed; a run that was only interrupted goes on at the next start"],
    example: "error task-cancelled: the task was cancelled",
  },
  "agent-lost": {
    causes: [
      "the agent's process was killed, or its machine is gone",
      "the agent was too busy to give a sign of life",
    ],
    remedies: [
      "none is needed as a rule: the task is offered to the others, as a new attempt",
      "when it happens again and again, see .cascade/logs for how the agent ended; memory is the usual reason",
    ],
    example: "error agent-lost: agent agent-2 is gone: no heartbeat for 3 s",
  },
  "no-attempts-left": {
    causes: ["every attempt at a task failed; the code of the last failure stands in brackets"],
    remedies: [
      "npm run cascade -- explain <the code in brackets>",
      "raise `max_retries` of the stage's `error_handling` only if the cause passes",
    ],
    example:
      "error no-attempts-left: attempt 4 of 4 failed (skill-failed): the service did not answer",
  },
} as const satisfies Readonly<Record<string, Explanation>>;
