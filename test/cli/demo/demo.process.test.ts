import { expect, it } from "vitest";
import { demo } from "../../support/demo.ts";

it("kills an agent of a mesh in the middle of a run, and tells that nothing was lost", async () => {
  const { code, text } = await demo("mesh");
  expect({ code, text }).toMatchObject({ code: 0 });
  expect(text).toMatch(/tasks done: kill -9 \d+, which is agent-\d with task \d+/);
  expect(text).toMatch(/task \d+ failed at (agent-\d): agent-lost; it is offered again/);
  expect(text).toMatch(/done {4}24 of 24 tasks, 664,579 primes/);
  expect(text).toMatch(/kills {3}\d; agent-\d \(pid \d+\), started again as \d+/);
  expect(text).toMatch(/moved {3}[1-9]/);
  expect(text).toMatch(/lost {4}0\n/);
  expect(text).toMatch(/coordinator -> agent-\d +\d+/);
  expect(text).toMatch(/\nheld {4}/);
});
