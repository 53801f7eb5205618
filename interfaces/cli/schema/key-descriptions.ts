/** What editors show for a key, by the definition of the schema that it stands in. `docs/language.md` says more. */
export const KEY_DESCRIPTIONS = {
  file: { cascade: "The cascade: its name, inputs and stages." },
  fileWithName: {
    cascade: "The cascade's name: 1 to 64 letters, digits, hyphens and underscores.",
    description: "What the cascade is for.",
    version: "Kept as it is written, 1.10 too.",
    inputs: "What a run is given.",
    stages: "What is done, in this order unless `needs` says otherwise.",
  },
  cascade: {
    name: "1 to 64 letters, digits, hyphens and underscores.",
    description: "What the cascade is for.",
    version: "Kept as it is written, 1.10 too.",
    inputs: "What a run is given.",
    stages: "What is done, in this order unless `needs` says otherwise.",
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
    foreach:
      "A list, such as ${discover.batches}: the stage does its work for each entry, which is ${item}.",
    needs:
      "Ids of the stages that must have succeeded. Without it, a stage needs the one before it; [] starts at once.",
    dependencies: "Another name of `needs`.",
    swarm_config: "How a `swarm-parallel` stage is shared among agents.",
    error_handling: "What happens when a task fails.",
    timeout: "For one attempt at one task: 500ms, 90s, 10m, 1.5h; 10m when not given, at most 24h.",
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
