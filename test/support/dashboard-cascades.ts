/** It goes through on its own, with some of all that a graph can show. */
export const FINE = `cascade: nightly-checks
description: Checks everything that changed since yesterday.
inputs:
  - { name: ms, type: integer, default: 1 }
stages:
  - { stage: collect, skill: pause, inputs: { ms: "\${ms}" } }
  - { stage: lint, needs: [collect], skill: pause, inputs: { ms: "\${ms}" } }
  - stage: test
    needs: [collect]
    type: swarm-parallel
    foreach: [unit, integration, browser, bench]
    skill: pause
    inputs: { ms: "\${ms}", item: "\${item}" }
  - { stage: notify, needs: [collect], when: "\${ms > 1000000}", transform: { told: true } }
  - { stage: report, needs: [lint, test], transform: { score: 0.93, files: 412 } }
`;

/** The stage `compile` fails for good. */
export const FAILING = `cascade: release-build
stages:
  - { stage: fetch, skill: pause, inputs: { ms: 1 } }
  - { stage: compile, needs: [fetch], skill: misbehave, inputs: { how: throw }, error_handling: { strategy: retry, max_retries: 1, backoff: 1ms } }
  - { stage: package, needs: [compile], skill: pause, inputs: { ms: 1 } }
`;

/** It waits for a person. */
export const ASKING = `cascade: deploy
stages:
  - { stage: build, skill: pause, inputs: { ms: 1 } }
  - { stage: release, needs: [build], approve: "Release version 4.2 to production?" }
  - { stage: ship, needs: [release], transform: { comment: "\${release.comment}" } }
`;

/** It goes on when it is told to, and then takes its time. */
export const HELD = `cascade: held
inputs:
  - { name: ms, type: integer, default: 1000 }
stages:
  - { stage: hold, approve: "Begin?" }
  - { stage: collect, needs: [hold], skill: pause, inputs: { ms: "\${ms}" } }
  - stage: test
    needs: [collect]
    foreach: [unit, integration, browser]
    skill: pause
    inputs: { ms: "\${ms}", item: "\${item}" }
  - { stage: notify, needs: [collect], when: "\${ms > 1000000}", transform: { told: true } }
  - { stage: report, needs: [test], transform: { score: 0.93, files: 412 } }
`;
