#!/usr/bin/env bash
# Runs the port contracts of shared/aws against moto_server (SQS, Secrets Manager) on a free loopback port.
#
#   tests/aws/moto.sh            needs moto_server on the PATH, or MANIFOLD_VENV with moto[server] in it
set -euo pipefail
cd "$(dirname "$0")/../.."
. tests/aws/lib.sh

moto_start
log=$(mktemp)
trap 'stop_all; rm -f "$log"' EXIT

# The whole workspace is named so that what `cargo test` built is used again; --nocapture shows a skipped test's note.
MANIFOLD_TEST_SQS_ENDPOINT=$MOTO_URL MANIFOLD_TEST_SECRETS_ENDPOINT=$MOTO_URL \
    cargo test --workspace --locked --test contract -- --nocapture 2>&1 | tee "$log"

# A contract that did not run is no contract.
if grep -q 'skipped:' "$log"; then
    echo "moto.sh: a contract test was skipped although an endpoint was given" >&2
    exit 1
fi
grep -Eq '^test result: ok\. [2-9][0-9]* passed' "$log" || {
    echo "moto.sh: expected at least two contract tests to pass" >&2
    exit 1
}
