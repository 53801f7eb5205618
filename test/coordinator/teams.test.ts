import { describe, expect, it } from "vitest";
import { AgentDirectory } from "../../coordinator/agent-directory.ts";
import { mutedOrders, RunState } from "../../coordinator/run-state.ts";
import { Teams } from "../../coordinator/teams.ts";
import { parseAgentId, parseRunId } from "../../core/ids.ts";
import { compileCascade } from "../../language/compile.ts";
import { STRATEGIES } from "../../topology/strategies/registry.ts";
import { testCatalog } from "../support/catalog.ts";
import { openTestClock } from "../support/test-clock.ts";

const { balanced } = STRATEGIES;

function openDirectory(): AgentDirectory {
  const events = { joined: () => {}, suspected: () => {}, gone: () => {} };
  return new AgentDirectory(openTestClock(), events);
}

function join(directory: AgentDirectory, id: string, skills: string[]): void {
  directory.seen({
    ...{ v: 1, agent: parseAgentId(id), host: "here", status: "serving", skills },
    slots: { light: 1, heavy: 1, sandbox: 0 },
    busy: { light: 0, heavy: 0, sandbox: 0 },
  });
}

/** A stage with two skills on at most two agents. */
function openStage() {
  const text = `cascade: c
stages:
  - { stage: s, type: swarm-parallel, skills: [check, list], inputs: { files: [], path: . }, swarm_config: { max_agents: 2 } }
`;
  const compiled = compileCascade({ file: "c.yaml", text }, testCatalog);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.diagnostics));
  const { plan } = compiled;
  const created = {
    type: "run.started",
    cascade: "c",
    plan: "",
    machine: "run@1",
    inputs: { value: {} },
    directory: "/",
    host: "here",
  } as const;
  const run = new RunState(parseRunId("r1"), plan, created, mutedOrders);
  const swarm = run.stage(0).swarm;
  if (swarm === undefined) throw new Error("no swarm");
  return { run, stage: 0, swarm };
}

describe("the team of a stage", () => {
  it("is of at most `max_agents`, that are able to do something of it, and all of its skills if it can be", () => {
    const directory = openDirectory();
    const stage = openStage();
    const teams = new Teams(directory);
    join(directory, "a", ["check"]);
    join(directory, "b", ["other"]);
    expect(teams.membersOf(stage, balanced)).toEqual(["a"]);
    join(directory, "c", ["check"]);
    expect(teams.membersOf(stage, balanced)).toEqual(["a", "c"]);
    join(directory, "d", ["list"]);
    expect(teams.membersOf(stage, balanced)).toEqual(["a", "c"]);
    directory.remove(parseAgentId("a"), "gone");
    expect(teams.membersOf(stage, balanced)).toEqual(["c", "d"]);
  });

  it("has those in it that hold its tasks since before a restart", () => {
    const directory = openDirectory();
    const stage = openStage();
    const teams = new Teams(directory);
    for (const id of ["a", "b", "c"]) join(directory, id, ["check", "list"]);
    teams.join(stage.run, 0, parseAgentId("c"));
    expect(teams.membersOf(stage, balanced)).toEqual(["c", "a"]);
  });
});
