import { describe, expect, it } from "vitest";
import { startInProcessSwarm } from "../support/in-process-swarm.ts";
import { follow } from "../support/swarm-process.ts";

const over = (entries: string, more = ""): string => `cascade: each
inputs:
  - { name: count, type: integer, default: 2 }
stages:
  - { stage: found, transform: { list: ${entries} } }
  - stage: each
    foreach: "\${found.list}"
    max_items: 3
    ${more}
    stages:
      - { stage: look, skill: repeat, inputs: { way: "\${item.name}" } }
      - { stage: done, transform: { is: "\${look.way}", at: "\${index}" } }
outputs: { all: "\${each.results}" }
`;

describe("several stages for each entry of a list", () => {
  it("run for the entries that there are, in any number up to the bound, and give their outputs in order", async () => {
    await using swarm = await startInProcessSwarm();
    const endOf = async (definition: string) => {
      const { client, directory } = swarm;
      const { runId } = await client.submit({ cascade: "each", definition, directory });
      const { events, ended } = follow(client, runId);
      await ended;
      return { events, data: events.at(-1)?.data };
    };
    const two = await endOf(over("[{ name: a }, { name: b }]"));
    expect(two.data).toEqual({
      output: {
        value: {
          all: [
            { is: "a", at: 0 },
            { is: "b", at: 1 },
          ],
        },
      },
    });
    const none = await endOf(over("[]"));
    expect(none.data).toEqual({ output: { value: { all: [] } } });
    const large = await endOf(over(`[{ name: "${"x".repeat(70_000)}" }, { name: b }]`));
    const tasks = large.events.filter(({ type }) => type === "task.succeeded");
    expect(tasks.map(({ data }) => data["stage"]).sort()).toEqual(["look--1", "look--2"]);
    expect(large.events.at(-1)?.type).toBe("run.succeeded");
    const four = await endOf(over("[{ name: a }, { name: a }, { name: a }, { name: a }]"));
    expect(four.data).toMatchObject({
      error: {
        code: "limit-exceeded",
        message: "the list each--items has 4 entries, and the plan stages for 3",
      },
    });
    const three = await endOf(over("[{ name: a }, { name: b }, { name: c }]", "max_parallel: 1"));
    const order = three.events.flatMap(({ type, data }) => {
      const stage = String(data["stage"]);
      const isTold = type === "stage.started" || type === "stage.succeeded";
      return isTold && /^(look|done)--/.test(stage) ? [`${type} ${stage}`] : [];
    });
    expect(order).toEqual(
      [1, 2, 3].flatMap((entry) => [
        `stage.started look--${entry}`,
        `stage.succeeded look--${entry}`,
        `stage.succeeded done--${entry}`,
      ]),
    );
  });
});
