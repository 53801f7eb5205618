// Publishes a job to a running swarm: npm run job -- <cascade> [key=value ...]
import { readFileSync } from "node:fs";
import { connect } from "nats";
import { fail, readPairs } from "./job-arguments.mjs";

const { env } = process;
const directory = env.INIT_CWD ?? process.cwd();
const [cascade, inputs] = readPairs(process.argv.slice(2));
try {
  const { url, user, password } = env.NATS_URL
    ? { url: env.NATS_URL, user: env.NATS_USER, password: env.NATS_PASSWORD }
    : JSON.parse(readFileSync(`${directory}/.cascade/nats.json`, "utf8"));
  const nats = await connect({ servers: url, user, pass: password });
  const job = JSON.stringify({ cascade, inputs, directory });
  const { seq } = await nats.jetstream().publish("cascade.jobs", job);
  process.stdout.write(`job ${seq} stored; the swarm's terminal shows its run\n`);
  await nats.close();
} catch (error) {
  fail(`no swarm took the job: ${error.message}`, 5);
}
