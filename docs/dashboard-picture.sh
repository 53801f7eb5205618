#!/usr/bin/env bash
# Takes docs/dashboard.png: the page of a run that failed, as the browser tests see it. Needs Chromium.
#   npm run docs:dashboard
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
pictures=$(mktemp -d "${TMPDIR:-/tmp}/cascade-pictures.XXXXXX")
trap 'rm -rf "$pictures"' EXIT

cd "$here/.."
CASCADE_SCREENSHOTS=$pictures npx vitest run --project browser test/browser/every-page.test.ts
cp "$pictures/failed-runs-compile-light.png" docs/dashboard.png
