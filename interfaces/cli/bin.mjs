#!/usr/bin/env node
// Plain old JavaScript, without imports and without await at the top: any Node.js must get as far as the message.
const NEEDED = 24;
const major = Number(process.versions.node.split(".")[0]);
if (major < NEEDED) {
  process.stderr.write(
    `cascade-swarm needs Node.js ${NEEDED} or newer, this is ${process.versions.node}: use the npm scripts (npm run swarm), which bring their own, or install Node.js ${NEEDED}\n`,
  );
  process.exit(2);
}
void import("./start.ts");
