import { readFileSync } from "node:fs";

const EXIT_USAGE = 2;
const EXIT_INFRASTRUCTURE = 5;

/** The cascade and its inputs; a value that is JSON means that, any other is text. */
export function readPairs([cascade, ...pairs]) {
  const wrong = pairs.find((pair) => pair.indexOf("=") < 1);
  if (cascade === undefined || cascade.includes("=") || wrong !== undefined) {
    fail(`${wrong ?? "no cascade"}: expected npm run job -- <cascade> [key=value ...]`, EXIT_USAGE);
  }
  const inputs = pairs.map((pair) => {
    const at = pair.indexOf("=");
    return [pair.slice(0, at), jsonOrText(pair.slice(at + 1))];
  });
  return [cascade, Object.fromEntries(inputs)];
}

/** How to reach the server that `NATS_URL` names, else that of the swarm in the directory. */
export function readAddress(directory) {
  const { NATS_URL, NATS_USER, NATS_PASSWORD } = process.env;
  if (NATS_URL) return { servers: NATS_URL, user: NATS_USER, pass: NATS_PASSWORD };
  try {
    const text = readFileSync(`${directory}/.cascade/nats.json`, "utf8");
    const { url, user, password } = JSON.parse(text);
    return { servers: url, user, pass: password };
  } catch (error) {
    return refused(error);
  }
}

/** Ends the process: the job is not stored. */
export function refused(error) {
  return fail(`no swarm took the job: ${error.message}`, EXIT_INFRASTRUCTURE);
}

function jsonOrText(text) {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Ends the process with one line for the person who started it. */
function fail(text, exitCode) {
  process.stderr.write(`error: ${text}\n`);
  process.exit(exitCode);
}
