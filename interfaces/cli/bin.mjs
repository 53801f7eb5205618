#!/usr/bin/env node
// Plain JavaScript that any Node.js can read: the rest runs on Node.js 24 and newer only.
const NEEDED = 24;
const major = Number(process.versions.node.split(".")[0]);
if (major < NEEDED) {
  process.stderr.write(
    `cascade-swarm needs Node.js ${NEEDED} or newer, this is ${process.versions.node}: use the npm scripts (npm run swarm), which bring their own\n`,
  );
  process.exit(2);
}
await import("./main.ts");
