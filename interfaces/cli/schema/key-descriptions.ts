/** Of a cascade, however its name is written. */
const BODY = {
  description: "What the cascade is for.",
  version: "Kept as it is written, 1.10 too.",
  model: "The model of stages that name none.",
  budget:
    "What the whole run may spend on models, and how long it may take: {usd, tokens, calls, time}.",
  config: "Parts of the system that this cascade may or may not use.",
  memory: "What the run remembers, and which keys of it there are.",
  learned_patterns: "true: ${memory.learned_patterns} is what strategies have learned of agents.",
  data_flow: "The ways that data may take between stages; without it, all.",
  error_handling: "What stages do on errors that do not say it themselves.",
  inputs: "What a run is given.",
  env: "Names of environment variables that ${env.<NAME>} may read. Their values are recorded with the run.",
  secrets:
    "Names of secrets that ${secrets.<NAME>} may give to skills. Only agents know their values.",
  stages: "What is done, in this order unless `needs` says otherwise.",
  finally: "Stages that run when all others have ended, also when the run fails.",
  notify:
    "Who is told how the run has ended: {on: success | failure | always, http or run}, or a list.",
  outputs: "What the run results in: names and their values.",
} as const;

/** Of what a stage does, or a branch. */
const WORK = {
  description: "What the stage is for.",
  type: "sequential: one skill. parallel: all skills side by side. swarm-parallel: the same, on `max_agents` agents that hand tasks to each other. multi-model: skills that models carry out. codex-sandbox: tests, with fixes tried in a sandbox.",
  skill: "The skill that does the work.",
  skills: "Names of skills, or {skill, inputs}; in place of `skill`.",
  run: "A program and its arguments, in place of a skill: [npm, test]. No shell reads them; needs --allow-host-commands.",
  http: "An HTTP request in place of a skill: {url, method, headers, query, body, expect, timeout}.",
  inputs:
    "For all skills of the stage; a skill's own inputs go first. ${…} names inputs, outputs of stages and, with `foreach`, ${item}.",
  outputs:
    "Of one skill, what is kept of its output: a list of names, or a mapping of new names to its own.",
  stages: "A list of stages, in place of a skill: in order, or side by side with `type: parallel`.",
  cascade: "Another cascade that is run here, by its name; `inputs` are given to it.",
  matrix:
    "Lists by name: the stage does its work for every combination, which is ${matrix.<name>}.",
  max_parallel: "How many tasks of the stage are under way at once, at most.",
  max_items:
    "With `foreach` or `matrix` over `stages` or a `cascade`: how long a list may be that only data tells.",
  budget:
    "What the stage may spend on models, and how long it may take: {usd, tokens, calls, time}.",
  prompt: "What is to be done, in words: for skills that take a prompt, task, query or text.",
  model:
    "The model of skills that need one: auto-select, a family such as claude, or a model's id.",
  requires_large_context: "true: the task needs room for about a million tokens.",
  needs_current_info: "true: the task needs what is newer than a model: the web is searched.",
  needs_visual_output: "true: the task needs images.",
  needs_rapid_prototype: "true: the task needs a first version, quickly.",
  needs_alternative_view: "true: the task needs another view than the usual one.",
  test_suite: "Of a `codex-sandbox` stage: which tests, by the name of a suite.",
  tests: "Of a `codex-sandbox` stage: which tests.",
  codex_config: "Of a `codex-sandbox` stage: how fixes are tried.",
  fix_strategy: "Of a `codex-sandbox` stage: how fixes are tried.",
  error_recovery: "Of a `codex-sandbox` stage: what happens to tests that go on failing.",
  auto_fix:
    "false: failures are reported, no fix is tried. Of a `codex-sandbox` stage, or a skill that has such an input.",
  transform: "A value in place of a skill, evaluated where the run is coordinated.",
  gate: "An expression that must be true when the stage has ended: else the run fails.",
  wait: "In place of a skill: lets a time pass, such as 10m, or waits for {signal, timeout, on_timeout}.",
  approve:
    "In place of a skill: waits for a person. true, what to ask, or {message, timeout, on_timeout}.",
  continue_on_error: "true: when the stage fails, the run goes on.",
  foreach:
    "A list, such as ${discover.batches}: the stage does its work for each entry, which is ${item}.",
  memory:
    "persistent: the cascade's `memory.keys`, or the stage's output under its id. Or {read_keys, write_keys}.",
  swarm_config: "How a `swarm-parallel` stage is shared among agents.",
  error_handling: "What happens when a task fails.",
  cache:
    "true: results of earlier runs are taken when skills, inputs and files are the same. Or {key, ttl}.",
  timeout: "For one attempt at one task: 500ms, 90s, 10m, 1.5h; 10m when not given, at most 24h.",
} as const;

/** What editors show for a key, by the definition of the schema that it stands in. `docs/cascade-format.md` says more. */
export const KEY_DESCRIPTIONS = {
  file: { cascade: "The cascade: its name, inputs and stages." },
  fileWithName: {
    cascade: "The cascade's name: 1 to 64 letters, digits, hyphens and underscores.",
    ...BODY,
  },
  cascade: {
    name: "1 to 64 letters, digits, hyphens and underscores.",
    ...BODY,
  },
  input: {
    name: "How ${inputs.<name>} names it.",
    type: "The type of its value. A `path` is a text; relative ones mean the job's directory.",
    description: "What it is for; shown when it is missing.",
    required:
      "An input is required unless it has a default or this is false; it is null when not given.",
    default: "Its value when none is given: plain data, ${…} in it means nothing.",
  },
  stage: {
    stage: "Its id, for `needs` and ${…}; to be named in ${…} it begins with a letter.",
    stage_id: "Another name of `stage`.",
    name: "A title; the id when there is no other.",
    when: "An expression: the stage is skipped when it is false.",
    condition: "An expression that a branch is chosen by, or that a loop goes on by.",
    branches: "What is done, by the value of the condition: name of a skill, or what a stage does.",
    // biome-ignore lint/suspicious/noThenProperty: a key of the language
    then: "What is done when the condition is true.",
    else: "What is done when the condition is false.",
    default: "What is done when no branch fits.",
    notify:
      "Who is told how the stage has ended: {on: success | failure | always, http or run}, or a list.",
    repeat: "The stage to go back to while the condition is true.",
    max_iterations: "How often the loop runs at most: 3 when not given.",
    memory_shared: "Of a loop: its turns share the memory of the run, as all stages do.",
    needs:
      "Ids of the stages that must have succeeded. Without it, a stage needs the one before it; [] starts at once.",
    dependencies: "Another name of `needs`.",
    ...WORK,
  },
  branch: {
    at_least: "The branch is taken for numbers from here up.",
    when: "An expression: the branch is taken when it is true.",
    condition: "Another name of `when`, or {metric, comparison, threshold}.",
    ...WORK,
  },
  approval: {
    message: "What the person is asked.",
    timeout: "How long an answer is waited for; for ever when not given.",
    on_timeout: "What no answer in time means: deny (the default) or approve.",
  },
  signal: {
    signal: "The name that the signal is sent under.",
    timeout: "How long it is waited for; for ever when not given.",
    on_timeout: "What no signal in time means: fail (the default) or continue.",
  },
  config: {
    multi_model: "disabled: no stage may ask for a model.",
    swarm_coordination: "disabled: no stage may be `swarm-parallel`.",
    memory_persistence: "disabled: no stage may use memory.",
    github_integration: "disabled: nothing is written to GitHub.",
    quality_gates: "disabled: no stage may have a `gate`.",
  },
  memory: {
    persistence: "disabled: no stage may use memory.",
    scope:
      "cascade (the default): the run's, or with `name` that of all runs of this cascade. global: one for everyone.",
    name: "Runs of this cascade share what they remember under this name.",
    storage: "Always the memory of the swarm, in NATS KV, whatever it is called.",
    keys: "The keys that stages with `memory: persistent` use; ${memory.<key>} names them. `*` at the end stands for all that begin so.",
    ttl: "How long a value is kept after it was written: 90s, 10m, 24h.",
  },
  stageMemory: {
    read_keys: "The keys that skills of the stage may read.",
    write_keys:
      "The keys that they may write. Outputs of these names are kept when the stage has succeeded.",
  },
  budget: {
    usd: "US dollars. Before each call its worst case is reserved; a call without a known price is refused.",
    tokens: "Of prompts and answers together.",
    calls: "Calls of a vendor: each try and each switch is one.",
    time: "From its start, such as 10m; what is under way then is stopped.",
  },
  cache: {
    key: "What the result depends on beside skills, inputs and files: ${…} of any kind.",
    ttl: "How old a result may be: 90s, 10m, 24h; thirty days when not given.",
  },
  threshold: {
    type: "Always threshold.",
    metric: "What is compared, such as ${analyze.quality_score}.",
    threshold: "The number it is compared with.",
    comparison: "How: >= when not given.",
  },
  sandbox: {
    mode: "Always full-auto.",
    sandbox: "Always true: a fix is only ever tried in the sandbox.",
    max_iterations: "How often a fix is tried for each failure: 5 when not given.",
    network_disabled: "Whether tests run without a network: true when not given.",
    regression_check: "Whether all tests run again after a fix: true when not given.",
  },
  fixStrategy: {
    auto_fix: "false: failures are reported, no fix is tried.",
    max_iterations: "How often a fix is tried for each failure: 5 when not given.",
    sandbox_isolated: "Always true: a fix is only ever tried in the sandbox.",
    network_disabled: "Whether tests run without a network: true when not given.",
    regression_check: "Whether all tests run again after a fix: true when not given.",
  },
  errorRecovery: {
    auto_fix: "false: failures are reported, no fix is tried.",
    escalate_after: "After how many tries a person is asked: 5 when not given.",
  },
  skill: {
    skill: "The skill's name.",
    prompt: "What this skill is to do, in words.",
    inputs: "For this skill only; they go before those of the stage.",
    outputs: "What is kept of its output: names, or new names and its own.",
  },
  http: {
    url: "Where to. Its host is written out or comes from an input: never from the output of a stage.",
    method: "GET when not given.",
    headers: "Names of headers and their values.",
    query: "Added to the URL; a list is the name several times.",
    body: "A text as it is, anything else as JSON.",
    expect: "The status codes that are no failure; 200 to 299 when not given.",
    timeout: "For the request: 500ms, 90s, 10m; as long as the attempt when not given.",
    allow_private: "true: it may go to this machine or a private network.",
  },
  notification: {
    on: "success, failure or always, which it is when it is not given.",
    http: "The request that tells it: POST, and what has ended how as JSON, when it does not say so.",
    run: "A program that tells it; needs --allow-host-commands.",
    inputs: "Of the request or the program, as of a stage.",
  },
  swarm: {
    topology:
      "Who may talk to whom. mesh: every member with every member. star: each with the coordinator alone. ring: each with two neighbours. hierarchical: leads deal tasks out to their workers and deliver the results together.",
    max_agents: "The stage keeps to so many agents, for all its skills and attempts.",
    strategy:
      "Who gets the next task. balanced: the least outstanding work for each slot. specialized: the fewest skills besides the one it takes. adaptive: learned from success and duration.",
    memory_shared: "true: the agents share the cascade's `memory.keys`.",
  },
  errorHandling: {
    strategy:
      "All but `fail` mean: try again after a wait that doubles. `fail`: one attempt. `model-switch`: other models than the named one may answer, too. `codex-auto-fix`: when it has failed for good, a fix is looked for, and with one it is done once more.",
    max_retries: "How often a task is tried again; 3 when not given.",
    fallback:
      "The skill that does the work when the stage has failed for good, or a list of them, in order.",
    escalate: "true, or what to ask: a person decides when all else has failed.",
    escalate_after: "How many attempts in all before a person is asked.",
    backoff: "The longest first wait: 500ms when not given; it doubles up to 30s.",
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;
