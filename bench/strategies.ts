import { STRATEGIES } from "../topology/strategies/registry.ts";
import { type SimulatedAgent, simulate } from "./strategy-simulation.ts";

/** `npm run bench:strategies`: how long stages take under each strategy, in simulated time; the strategies are the real ones. */
const usual: SimulatedAgent = { slots: 2, slowness: 1, failureRate: 0 };
const teams: Readonly<Record<string, readonly SimulatedAgent[]>> = {
  "four equal agents": [usual, usual, usual, usual],
  "one of four is four times slower": [usual, usual, usual, { ...usual, slowness: 4 }],
  "one of four fails every other time": [usual, usual, usual, { ...usual, failureRate: 0.5 }],
};
const SEEDS = 40;
const STAGES = 5;

const names = Object.values(STRATEGIES).map(({ name }) => name);
const lines = [
  `Mean of ${SEEDS} seeds, ${STAGES} stages one after the other, four agents of two slots, tasks of about 1 s; seconds in all.`,
  "",
  `| team | tasks a stage | ${names.join(" | ")} | adaptive to balanced |`,
  `| --- | ---: | ${names.map(() => "---:").join(" | ")} | ---: |`,
];
for (const [team, agents] of Object.entries(teams)) {
  for (const tasks of [8, 12, 16, 24, 40, 80]) {
    const means = names.map((strategy) => {
      const times = Array.from({ length: SEEDS }, (_, seed) =>
        simulate({ strategy, agents, stages: STAGES, tasks, seed: seed + 1 }),
      );
      return times.reduce((sum, ms) => sum + ms, 0) / SEEDS / 1_000;
    });
    const ratio = (means[names.indexOf("adaptive")] ?? 0) / (means[names.indexOf("balanced")] ?? 1);
    const change = `${ratio < 1 ? "−" : "+"}${Math.abs((ratio - 1) * 100).toFixed(0)} %`;
    lines.push(
      `| ${team} | ${tasks} | ${means.map((mean) => mean.toFixed(1)).join(" | ")} | ${change} |`,
    );
  }
}
process.stdout.write(`${lines.join("\n")}\n`);
