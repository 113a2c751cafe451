#!/usr/bin/env bash
# Runs the domain's tests, all of them on the store, against ministack's DynamoDB instead of the embedded one.
#
#   tests/aws/store.sh MINISTACK       the program, of ministack.txt
set -euo pipefail
ministack=$(realpath "${1:?usage: store.sh MINISTACK}")
cd "$(dirname "$0")/../.."
. tests/aws/lib.sh

log=$(mktemp)
trap 'stop_all; rm -f "$log"' EXIT
port=$(free_ports 1)
# The endpoint, then which tests. The whole workspace is named so that what `cargo test` built is used again.
domain_tests() { MANIFOLD_TEST_DYNAMODB_ENDPOINT=$1 cargo test --workspace --locked --lib -- "${@:2}"; }

# Nothing listens there yet: a run that passes now would not ask the endpoint at all.
if domain_tests "http://127.0.0.1:$port" stories::secrets >/dev/null 2>&1; then
    echo "store.sh: the tests pass without the DynamoDB that they were given" >&2
    exit 1
fi
BIND_HOST=127.0.0.1 GATEWAY_PORT=$port IOT_MTLS_ENABLED=0 start "$log" "$ministack"
wait_for ministack 60 curl -fsS --noproxy '*' "http://127.0.0.1:$port/health"
# Hundreds of connections on one host take minutes there, and ask the store nothing that other stories do not.
domain_tests "http://127.0.0.1:$port" stories:: sync:: store:: --skip t21_
