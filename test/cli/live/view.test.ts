import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import type { Progress } from "../../../interfaces/cli/live/progress.ts";
import { styleOf, type TerminalStyle } from "../../../interfaces/cli/live/terminal-line.ts";
import { renderProgress } from "../../../interfaces/cli/live/view.ts";

const plain = { colour: false, unicode: true };
const progress: Progress = {
  cascade: "code-quality-swarm",
  run: "r1",
  startedAtMs: 1_000,
  note: "",
  isHeard: true,
  retried: 2,
  stages: [
    { id: "discover", skills: ["discover-files"], status: "succeeded", tasks: 1, succeeded: 1 },
    { id: "checks", skills: ["lint", "measure"], status: "running", tasks: 8, succeeded: 4 },
    { id: "merge", skills: ["merge"], status: "waiting", tasks: undefined, succeeded: 0 },
  ],
  agents: [
    { agent: "agent-1", tasks: 3, at: { run: "r1", stage: "checks", index: 5 } },
    { agent: "agent-2", tasks: 1, at: undefined },
  ],
  findings: {
    counts: { high: 1, low: 12 },
    latest: [{ severity: "high", place: "src/a\u001b[2J.ts:3", message: "never \u202eends" }],
    uncounted: 1,
  },
};

function render(
  shown: Progress,
  {
    columns = 80,
    rows = 24,
    style = plain,
  }: { columns?: number; rows?: number; style?: TerminalStyle } = {},
): readonly string[] {
  return renderProgress(shown, { columns, rows }, { nowMs: 13_345, style });
}

describe("the live view", () => {
  it("shows stages with bars, agents at work and findings as they come", () => {
    expect(render(progress)).toEqual([
      "code-quality-swarm  12.3 s · 2 attempted again",
      "  ✓ discover  1/1",
      "  ▸ checks    ████████████░░░░░░░░░░░░  4/8",
      "  · merge",
      "",
      "  agent-1  3 done   measure 3/4",
      "  agent-2  1 done   free",
      "",
      "  found so far  1 high · 12 low · 1 large output not counted yet",
      "    high     src/a\\x1b[2J.ts:3  never \\x202eends",
    ]);
  });

  it("says which stages came from the cache, and why others did not", () => {
    const cache = "CACHED from r0";
    const stages: Progress["stages"] = [
      { id: "lint", skills: ["lint"], status: "succeeded", tasks: undefined, succeeded: 0, cache },
      {
        ...{ id: "tests", skills: ["tests"], status: "running", tasks: 1, succeeded: 0 },
        cache: "not cached: no earlier result",
      },
    ];
    expect(render({ ...progress, stages }).slice(1, 3)).toEqual([
      "  ✓ lint   CACHED from r0",
      "  ▸ tests  0/1  not cached: no earlier result",
    ]);
  });

  it("shows on a narrow terminal what matters most", () => {
    expect(render(progress, { columns: 20 })).toEqual(
      [
        "12.3 s  code-qualit…",
        "  ✓ 1/1 discover",
        "  ▸ 4/8 checks",
        "  · merge",
        "",
        "agent-1 measure 3/4",
        "agent-2 free",
        "",
        "  found so far  1 h…",
        "    high     src/a\\…",
      ].map((line) => (line.length > 19 ? `${line.slice(0, 18)}…` : line)),
    );
  });

  it("has nothing but ASCII where the locale has no other", () => {
    const lines = render(
      { ...progress, cascade: "qualité" },
      { style: { colour: false, unicode: false } },
    );
    expect(lines.join("\n")).toMatch(/^[\x20-\x7e\n]*$/);
    expect(lines.slice(0, 3)).toEqual([
      "qualit?  12.3 s, 2 attempted again",
      "  + discover  1/1",
      "  > checks    ############------------  4/8",
    ]);
  });

  it("tells work for another run from work for this one", () => {
    const agents = [{ agent: "a", tasks: 0, at: { run: "r2", stage: "checks", index: 0 } }];
    expect(render({ ...progress, agents })).toContain("  a  0 done   another run");
  });

  it("calls nobody free of whom it does not know", () => {
    const joined = render({ ...progress, isHeard: false });
    expect(joined).toContain("  agent-2  1 done");
    expect(joined.join("\n")).not.toContain("free");
  });

  it("tells of the start before there is a run", () => {
    const starting = {
      ...progress,
      startedAtMs: undefined,
      note: "fetching nats-server",
      retried: 0,
    };
    expect(render(starting)[0]).toBe("code-quality-swarm  starting: fetching nats-server");
  });

  it("counts what it has no room to name: many stages, many agents", () => {
    const stage = progress.stages[2];
    const agent = progress.agents[0];
    if (stage === undefined || agent === undefined) throw new Error("no example");
    const wide: Progress = {
      ...progress,
      stages: [
        ...progress.stages,
        ...Array.from({ length: 9_997 }, (_, at) => ({ ...stage, id: `s${at}` })),
      ],
      agents: Array.from({ length: 256 }, (_, at) => ({ ...agent, agent: `agent-${at + 1}` })),
    };
    const lines = render(wide);
    expect(lines).toContain("  10000 stages · 1 succeeded · 1 running · 9998 waiting");
    expect(lines).toContain("  and 249 agents more, 249 of them at work");
    expect(lines.length).toBeLessThan(24);
  });

  it.each([1, 2, 7, 20, 44, 80, 300])("never draws over the edge of %i columns", (columns) => {
    const wide = { ...progress, cascade: "漢字の名前".repeat(30) };
    for (const style of [
      plain,
      { colour: true, unicode: true },
      { colour: false, unicode: false },
    ]) {
      const widths = render(wide, { columns, style }).map((line) => stringWidth(line));
      expect(Math.max(...widths)).toBeLessThanOrEqual(Math.max(1, columns - 1));
    }
  });

  it.each([1, 5, 10])("draws at most what %i rows hold", (rows) => {
    expect(render(progress, { rows }).length).toBeLessThanOrEqual(Math.max(4, rows - 1));
  });
});

it.each([
  [{ LANG: "en_US.UTF-8" }, { colour: true, unicode: true }],
  [{ LANG: "C" }, { colour: true, unicode: false }],
  [
    { LC_ALL: "C", LANG: "de_DE.utf8" },
    { colour: true, unicode: false },
  ],
  [
    { LANG: "C.UTF-8", NO_COLOR: "1" },
    { colour: false, unicode: true },
  ],
  [{}, { colour: true, unicode: false }],
])("a terminal of %j is %j", (env, style) => {
  expect(styleOf(env)).toEqual(style);
});
