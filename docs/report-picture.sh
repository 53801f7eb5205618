#!/usr/bin/env bash
# Makes docs/report.png: the report of a public package as a browser shows it. Needs npm's registry and Chromium.
#   npm run docs:picture
set -euo pipefail

package=fastify@5.12.8
chromium=${CHROMIUM:-chromium}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/cascade-picture.XXXXXX")
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent "$package" >/dev/null
mkdir fastify
tar -xzf fastify-*.tgz -C fastify --strip-components=1
INIT_CWD=$work node "$here/../interfaces/cli/bin.mjs" --once --format html --output "$work/report" fastify 2>/dev/null
page=$(find "$work/report" -name '*.html' | head -n 1)
"$chromium" --headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking \
  --hide-scrollbars --user-data-dir="$work/profile" --window-size=1280,1500 --screenshot="$here/report.png" \
  "file://$page" >/dev/null 2>&1
echo "docs/report.png: $(wc -c <"$here/report.png") bytes"
