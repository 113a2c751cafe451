#!/usr/bin/env bash
# Installs the engines that a user would pick instead into a folder of their own, builds ours, and runs all of them
# over the same pages: see README.md.
#
#   tests/bench/peers.sh [--record] [--runs N] [--few-only]
set -euo pipefail
cd "$(dirname "$0")/../.."

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
venv=${PEERS_VENV:-$CARGO_TARGET_DIR/peers}
[ -x "$venv/bin/python" ] || python3 -m venv "$venv"
"$venv/bin/pip" install --quiet 'singer-sdk==0.54.9' 'msgspec==0.22.0' 'dlt[duckdb]==1.31.0' 'airbyte-cdk==7.39.1'
nice -n 15 cargo build --release --locked --bins -p manifold-bench
exec python3 -B tests/bench/against_peers.py "$CARGO_TARGET_DIR/release" "$venv" "$@"
