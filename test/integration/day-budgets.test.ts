import { describe, expect, it } from "vitest";
import { openDayBudgets } from "../../store/day-budgets.ts";
import { openTestAccess } from "../support/log-access.ts";
import { startTestServer } from "../support/nats.ts";

const DAY = "2026-11-25";
const call = (id: string, tokens: number, usd: number | null = 0.1) => ({
  ...{ id, tokens, usd },
  ...{ model: "m", where: "stage a, task 0" },
});

describe("the budget of a day", () => {
  it("is kept by many who write at the same time: not one call more than there is room for", async () => {
    await using server = await startTestServer();
    await using access = await openTestAccess(server);
    const writers = await Promise.all([openDayBudgets(access), openDayBudgets(access)]);
    const asked = Array.from({ length: 20 }, (_, at) =>
      writers[at % 2]?.reserve(DAY, { calls: 7 }, call(`x.${at}`, 10)),
    );
    const answers = (await Promise.all(asked)).map((answer) => answer?.status);
    expect(answers.filter((status) => status === "granted")).toHaveLength(7);
    expect(answers.filter((status) => status === "refused")).toHaveLength(13);
  });

  it("gives back what a call did not need, once, and keeps what was never settled", async () => {
    await using server = await startTestServer();
    await using access = await openTestAccess(server);
    const days = await openDayBudgets(access);
    const limit = { tokens: 100, usd: 1 };
    const reserve = async (id: string, tokens: number) =>
      (await days.reserve(DAY, limit, call(id, tokens))).status;
    expect(await reserve("x.1", 60)).toBe("granted");
    expect(await reserve("x.1", 60)).toBe("granted"); // asked again: the same
    expect(await reserve("x.2", 60)).toBe("refused");
    await days.settle(DAY, "x.1", { tokens: 30, usd: null });
    await days.settle(DAY, "x.1", { tokens: 0, usd: 0 });
    await days.settle(DAY, "unknown.1", { tokens: 0, usd: 0 });
    expect(await reserve("x.2", 71)).toBe("refused");
    expect(await reserve("x.2", 70)).toBe("granted");
    expect((await days.reserve("2026-11-26", limit, call("x.3", 100))).status).toBe("granted");
  });

  it("is not taken for nothing when its record cannot be read", async () => {
    await using server = await startTestServer();
    await using access = await openTestAccess(server);
    const days = await openDayBudgets(access);
    const kv = await access.jetstream.views.kv(access.subjects.buckets.budget);
    await kv.put(DAY, '{"v":1,"spent":"much"}');
    await expect(days.reserve(DAY, { calls: 1 }, call("x.1", 1))).rejects.toMatchObject({
      code: "record-corrupt",
    });
  });
});
