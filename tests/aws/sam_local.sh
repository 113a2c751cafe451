#!/usr/bin/env bash
# Builds what sam_local.py needs and runs it, in the environment that CI keeps.
set -euo pipefail
cd "$(dirname "$0")/../.."
cache=${XDG_CACHE_HOME:-$HOME/.cache}/manifold
target=${CARGO_TARGET_DIR:-target}
venv=${MANIFOLD_VENV:-$cache/venv-$(cksum <tests/aws/requirements.txt | cut -d' ' -f1)}
if [ ! -e "$venv/complete" ]; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install --quiet --disable-pip-version-check -r tests/aws/requirements.txt
    touch "$venv/complete"
fi
cargo build -p manifold-functions --bins --profile bootstrap --locked
cargo build -p manifold-local --bins --example stand_ins --locked
PATH="$venv/bin:$PATH" python -B tests/aws/sam_local.py "$target" "$cache"
