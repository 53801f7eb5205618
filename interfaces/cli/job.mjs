// Publishes a job to a running swarm: npm run job -- <cascade> [key=value ...]
import { connect } from "nats";
import { readAddress, readPairs, refused } from "./job-arguments.mjs";

const directory = process.env.INIT_CWD ?? process.cwd();
const [cascade, inputs] = readPairs(process.argv.slice(2));
const nats = await connect(readAddress(directory)).catch(refused);
const job = JSON.stringify({ cascade, inputs, directory });
const { seq } = await nats.jetstream().publish("cascade.jobs", job).catch(refused);
process.stdout.write(`job ${seq} stored; the swarm's terminal shows its run\n`);
await nats.close();
