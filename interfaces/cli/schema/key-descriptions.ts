/** What editors show for a key, by the definition of the schema that it stands in. `docs/language.md` says more. */
export const KEY_DESCRIPTIONS = {
  file: { cascade: "The cascade: its name, inputs and stages." },
  fileWithName: {
    cascade: "The cascade's name: 1 to 64 letters, digits, hyphens and underscores.",
    description: "What the cascade is for.",
    version: "Kept as it is written, 1.10 too.",
    inputs: "What a run is given.",
    stages: "What is done, in this order unless `needs` says otherwise.",
    outputs: "What the run results in: names and their values.",
  },
  cascade: {
    name: "1 to 64 letters, digits, hyphens and underscores.",
    description: "What the cascade is for.",
    version: "Kept as it is written, 1.10 too.",
    inputs: "What a run is given.",
    stages: "What is done, in this order unless `needs` says otherwise.",
    outputs: "What the run results in: names and their values.",
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
    description: "What the stage is for.",
    type: "sequential: one skill. parallel: all skills side by side. swarm-parallel: the same, on `max_agents` agents that hand tasks to each other.",
    skill: "The skill that does the work.",
    skills: "Names of skills, or {skill, inputs}; in place of `skill`.",
    inputs:
      "For all skills of the stage; a skill's own inputs go first. ${…} names inputs, outputs of stages and, with `foreach`, ${item}.",
    stages:
      "A list of stages, in place of a skill: in order, or side by side with `type: parallel`.",
    cascade: "Another cascade that is run here, by its name; `inputs` are given to it.",
    matrix:
      "Lists by name: the stage does its work for every combination, which is ${matrix.<name>}.",
    max_parallel: "How many tasks of the stage are under way at once, at most.",
    transform: "A value in place of a skill, evaluated where the run is coordinated.",
    continue_on_error: "true: when the stage fails, the run goes on.",
    when: "An expression: the stage is skipped when it is false.",
    condition: "An expression that a branch is chosen by, or that a loop goes on by.",
    branches: "What is done, by the value of the condition: name of a skill, or what a stage does.",
    // biome-ignore lint/suspicious/noThenProperty: a key of the language
    then: "What is done when the condition is true.",
    else: "What is done when the condition is false.",
    default: "What is done when no branch fits.",
    repeat: "The stage to go back to while the condition is true.",
    max_iterations: "How often the loop runs at most: 3 when not given.",
    foreach:
      "A list, such as ${discover.batches}: the stage does its work for each entry, which is ${item}.",
    needs:
      "Ids of the stages that must have succeeded. Without it, a stage needs the one before it; [] starts at once.",
    dependencies: "Another name of `needs`.",
    swarm_config: "How a `swarm-parallel` stage is shared among agents.",
    error_handling: "What happens when a task fails.",
    timeout: "For one attempt at one task: 500ms, 90s, 10m, 1.5h; 10m when not given, at most 24h.",
  },
  branch: {
    description: "What the stage is for.",
    type: "sequential: one skill. parallel: all skills side by side. swarm-parallel: the same, on `max_agents` agents that hand tasks to each other.",
    skill: "The skill that does the work.",
    skills: "Names of skills, or {skill, inputs}; in place of `skill`.",
    stages:
      "A list of stages, in place of a skill: in order, or side by side with `type: parallel`.",
    cascade: "Another cascade that is run here, by its name; `inputs` are given to it.",
    inputs:
      "For all skills of the stage; a skill's own inputs go first. ${…} names inputs, outputs of stages and, with `foreach`, ${item}.",
    foreach:
      "A list, such as ${discover.batches}: the stage does its work for each entry, which is ${item}.",
    matrix:
      "Lists by name: the stage does its work for every combination, which is ${matrix.<name>}.",
    max_parallel: "How many tasks of the stage are under way at once, at most.",
    transform: "A value in place of a skill, evaluated where the run is coordinated.",
    swarm_config: "How a `swarm-parallel` stage is shared among agents.",
    error_handling: "What happens when a task fails.",
    timeout: "For one attempt at one task: 500ms, 90s, 10m, 1.5h; 10m when not given, at most 24h.",
    continue_on_error: "true: when the stage fails, the run goes on.",
    at_least: "The branch is taken for numbers from here up.",
    when: "An expression: the branch is taken when it is true.",
    condition: "Another name of `when`, or {metric, comparison, threshold}.",
  },
  threshold: {
    type: "Always threshold.",
    metric: "What is compared, such as ${analyze.quality_score}.",
    threshold: "The number it is compared with.",
    comparison: "How: >= when not given.",
  },
  skill: {
    skill: "The skill's name.",
    inputs: "For this skill only; they go before those of the stage.",
  },
  swarm: {
    topology: "Who may hand tasks to whom.",
    max_agents: "The stage keeps to so many agents.",
    strategy: "How tasks are dealt out.",
    memory_shared: "Whether the agents share a memory.",
  },
  errorHandling: {
    strategy: "All but `fail` mean: try again after a wait that doubles. `fail`: one attempt.",
    max_retries: "How often a task is tried again; 3 when not given.",
    backoff: "The longest first wait: 500ms when not given; it doubles up to 30s.",
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, string>>>>;
