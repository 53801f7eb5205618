#!/usr/bin/env bash
# Runs the README's example on a public package, puts what it prints into README.md and what a browser shows of its report
# into docs/report.png. Needs npm's registry and Chromium.
#   npm run docs:picture
set -euo pipefail

package=fastify@5.12.8
chromium=${CHROMIUM:-chromium}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/cascade-picture.XXXXXX")
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent "$package" >/dev/null
tar -xzf fastify-*.tgz
INIT_CWD=$work CASCADE_RESULT_CACHE=off node "$here/../interfaces/cli/bin.mjs" --once package >output.txt 2>/dev/null
cat output.txt

OUTPUT=output.txt README=$here/../README.md node --input-type=module <<'JS'
import { readFileSync, writeFileSync } from "node:fs";
const { OUTPUT, README } = process.env;
const command = "$ npm run swarm -- --once package\n";
const readme = readFileSync(README, "utf8");
const start = readme.indexOf(command) + command.length;
const end = readme.indexOf("```\n", start);
writeFileSync(README, readme.slice(0, start) + readFileSync(OUTPUT, "utf8") + readme.slice(end));
JS

"$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
  --hide-scrollbars --user-data-dir="$work/profile" --window-size=1280,1500 --screenshot="$here/report.png" \
  "file://$(find "$work/.cascade/runs" -name report.html)" >/dev/null 2>&1
echo "docs/report.png: $(wc -c <"$here/report.png") bytes"
