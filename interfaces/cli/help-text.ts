/** What stands below the options in `--help`. */
export const HELP = `
Examples:
  npm run swarm                                     analyse this directory, then wait for jobs
  npm run swarm -- ~/code/my-app                    another directory
  npm run swarm -- --once ~/code/my-app             exit after the run
  npm run swarm -- --once --fail-on high            exit with 3 when something high or critical is found
  npm run swarm -- fix ~/code/my-app                run its tests in the sandbox and mend what fails
  npm run swarm -- run cascade.yaml --input path=src
  npm run swarm -- up --agents 8                    wait for jobs
  npm run cascade -- skills ls                      the skills that a swarm started here has
  npm run cascade -- skills new count-words         a skill to begin with, in .cascade/skills
  npm run cascade -- memory ls                      what the swarm that runs here remembers
  npm run cascade -- doctor                         what is here, what is missing, what to do about it
  npm run cascade -- sandbox exec -- make test      run a program without network, this directory read-only
  npm run cascade -- init                           write a first cascade, to go on from
  npm run cascade -- validate cascades              check cascades without running them
  npm run cascade -- plan code-quality-swarm        show what a run would do, and start nothing
  npm run cascade -- explain unknown-skill          what an error code means and what to do
  npm run cascade -- mcp                            serve MCP clients such as Claude Code; docs/mcp.md
  npm run cascade -- topology --live                who sends messages to whom
  npm run cascade -- agents ls                      who is there; agents scale 8 starts more
  npm run swarm -- demo mesh                        kills an agent in the middle of a run, and shows what follows
  npm run cascade -- dashboard                      runs, approvals and messages in a browser
  npm run cascade -- verify <run>                   execute a share of a report's findings again

Both scripts start the same program. In a directory where a swarm runs, commands join it. Settings: NATS_URL (with
NATS_USER, NATS_PASSWORD) for a server of yours, NATS_SERVER_BIN for a nats-server program,
LOG_FORMAT=auto|json|pretty, LOG_LEVEL, NO_COLOR.

Exit codes: 0 succeeded, 1 the run or a case failed, a finding is not reproduced or a file would change, 2 wrong usage or input,
3 a quality gate is not met, 4 a limit, 5 the swarm or the sandbox cannot run, 124 out of time, 130 interrupted; sandbox exec exits as its program.`;
