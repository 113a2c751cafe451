#!/usr/bin/env bash
# `just sam-local`: builds what sam_local.py needs and runs it, in the environment that CI keeps.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/manifold
venv=${MANIFOLD_VENV:-$cache/venv-$(cksum <tests/aws/requirements.txt | cut -d' ' -f1)}
if [ ! -e "$venv/complete" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/aws/requirements.txt
    touch "$venv/complete"
fi
PATH="$venv/bin:$PATH"
tests/aws/sam_build.sh
cargo build --workspace --bin manifold --example stand_ins --locked
python -B tests/aws/sam_local.py .aws-sam/build "${CARGO_TARGET_DIR:-target}/debug" "$cache"
