import { expect, it } from "vitest";
import { demo } from "../../support/demo.ts";

it.each(["hierarchical", "star", "ring"])("loses nothing with an agent of a %s", async (name) => {
  const { code, text } = await demo(name, "--json");
  expect({ code, text }).toMatchObject({ code: 0 });
  const seen = JSON.parse(text) as { readonly graph: { readonly edges: readonly object[] } };
  expect(seen).toMatchObject({
    ...{ topology: name, held: true, done: 24, lost: 0, result: 664_579, failures: [] },
    graph: { members: ["agent-1", "agent-2", "agent-3", "agent-4"] },
  });
  expect(seen.graph.edges.length).toBeGreaterThan(4);
});
