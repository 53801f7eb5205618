import type { TopologyName } from "../../../core/plan.ts";

/** The work of a demonstration: every prime below `LIMIT` is counted, in slices that agents share. */
const LIMIT = 10_000_000;
/** The number of primes below ten million, by the tables (https://oeis.org/A006880). */
export const PRIMES = 664_579;
export const SLICES = 24;
export const STAGE = "count";

/** The cascade that a demonstration runs. */
export function demoCascade(topology: TopologyName, members: number): string {
  const slices = Array.from({ length: SLICES }, (_, index) => {
    const edge = (position: number): number => Math.round((LIMIT * position) / SLICES);
    return `      - { from: ${edge(index)}, to: ${edge(index + 1)} }`;
  });
  return `cascade: demo-${topology}
stages:
  - stage: ${STAGE}
    type: swarm-parallel
    foreach:
${slices.join("\n")}
    skill: count-primes
    inputs: { from: "\${item.from}", to: "\${item.to}" }
    error_handling: { strategy: swarm-recovery, max_retries: 5, backoff: 50ms }
    swarm_config: { topology: ${topology}, max_agents: ${members}, strategy: balanced }
`;
}
