// Publishes a job to a running swarm: npm run job -- <cascade> [key=value ...]
import { readFileSync } from "node:fs";
import { connect } from "nats";

const directory = process.env.INIT_CWD ?? process.cwd();
const [cascade, ...pairs] = process.argv.slice(2);
const inputs = Object.fromEntries(pairs.map((pair) => pair.split(/=(.*)/s).slice(0, 2)));
const { url, user, password } = JSON.parse(readFileSync(`${directory}/.cascade/nats.json`, "utf8"));
const nats = await connect({ servers: url, user, pass: password });
const stored = await nats
  .jetstream()
  .publish("cascade.jobs", JSON.stringify({ cascade, inputs, directory }));
process.stdout.write(`job ${stored.seq} stored; the swarm's terminal shows its run\n`);
await nats.close();
