#!/usr/bin/env bash
# The pages in a real browser: `run.sh BINARY` runs the tests against the built `manifold`, `run.sh BINARY
# screenshots FOLDER` makes pictures of every page instead. Needs node, npm and Debian's chromium-headless-shell or
# chromium; starts what it needs on free loopback ports and ends it again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
binary=${1:?usage: run.sh BINARY [screenshots FOLDER]}
MANIFOLD=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary")
export MANIFOLD

# Installed beside the tests, anew when the list of packages changed.
if ! cmp -s "$here/package-lock.json" "$here/node_modules/.installed"; then
    npm ci --prefix "$here" --no-audit --no-fund --silent
    cp "$here/package-lock.json" "$here/node_modules/.installed"
fi

if [ "${2:-}" = screenshots ]; then
    exec node "$here/screenshots.js" "${3:-screenshots}"
fi
exec node --test --test-timeout=180000 --test-concurrency=1 --test-reporter=spec "$here"/*.test.js
