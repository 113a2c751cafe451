#!/usr/bin/env bash
# Builds what is measured, as it is deployed, and measures it: see README.md.
#
#   tests/bench/run.sh [--record] [--only G1,G5]
set -euo pipefail
cd "$(dirname "$0")/../.."

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
# Fat LTO of several programs: whoever else uses the machine goes first.
for package in manifold-bench manifold-functions manifold-local; do
    nice -n 15 cargo build --release --locked --bins -p "$package"
done
exec python3 -B tests/bench/measure.py "$CARGO_TARGET_DIR/release" "$@"
