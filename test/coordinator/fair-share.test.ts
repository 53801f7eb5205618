import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { fairShare } from "../../coordinator/fair-share.ts";
import { SHARD_COUNT } from "../../core/shard.ts";

describe("the even share of shards", () => {
  it.each([
    { own: 16, others: [], mayTake: 0, giveUp: 0 },
    { own: 0, others: [], mayTake: 16, giveUp: 0 },
    { own: 16, others: [0], mayTake: 0, giveUp: 8 },
    { own: 8, others: [8], mayTake: 0, giveUp: 0 },
    { own: 8, others: [0], mayTake: 0, giveUp: 0 },
    { own: 16, others: [0, 0], mayTake: 0, giveUp: 10 },
    { own: 6, others: [6, 4], mayTake: 0, giveUp: 1 },
    { own: 5, others: [6, 4], mayTake: 1, giveUp: 0 },
    { own: 8, others: [8, 0], mayTake: 0, giveUp: 2 },
    { own: 1, others: Array.from({ length: 19 }, () => 1), mayTake: 0, giveUp: 0 },
  ])("$own beside $others", ({ own, others, mayTake, giveUp }) => {
    expect(fairShare(own, others)).toEqual({ mayTake, giveUp });
  });

  it("is reached from wherever one begins, and then nobody gives anything up", () => {
    const members = fc.integer({ min: 1, max: 20 });
    const owners = fc.array(fc.nat(), { minLength: SHARD_COUNT, maxLength: SHARD_COUNT });
    fc.assert(
      fc.property(members, owners, (count, given) => {
        const owner: (number | undefined)[] = given.map((each) => each % count);
        const counts = (): number[] =>
          Array.from({ length: count }, (_, me) => owner.filter((each) => each === me).length);
        for (let round = 0; round < 2 * SHARD_COUNT; round++) {
          for (let me = 0; me < count; me++) {
            const all = counts();
            const own = all[me] ?? 0;
            const { mayTake, giveUp } = fairShare(
              own,
              all.filter((_, other) => other !== me),
            );
            let [room, excess] = [mayTake, giveUp];
            for (const [shard, held] of owner.entries()) {
              if (held === me && excess > 0) {
                excess -= 1;
                owner[shard] = undefined;
              } else if (held === undefined && room > 0 && giveUp === 0) {
                room -= 1;
                owner[shard] = me;
              }
            }
          }
        }
        const ends = counts();
        expect(ends.reduce((sum, each) => sum + each, 0)).toBe(SHARD_COUNT);
        expect(Math.max(...ends) - Math.min(...ends)).toBeLessThanOrEqual(1);
      }),
    );
  });
});
