#!/usr/bin/env bash
# Holds every dependency against deny.toml, then plants an error of each kind, which has to be found.
#
#   .ci/deny.sh [CARGO_DENY]      needs the crates fetched (cargo fetch), and no network
set -euo pipefail
deny=${1:-cargo-deny}
cd "$(dirname "$0")/.."

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

check() { "$deny" --offline --color never --config "$1" check licenses bans sources; }

check deny.toml

failed=0
# plant NAME EXPECTED SED…: with the edited rules the check must fail and name what was planted.
plant() {
    local name=$1 expected=$2
    sed "$3" deny.toml >"$folder/deny.toml"
    if cmp -s deny.toml "$folder/deny.toml"; then
        echo "FAIL  $name: nothing was planted"
        failed=1
    elif check "$folder/deny.toml" >"$folder/log" 2>&1 || ! grep -q "$expected" "$folder/log"; then
        echo "FAIL  $name is not found"
        tail -n 5 "$folder/log"
        failed=1
    else
        echo "ok    $name is found"
    fi
}

plant 'a licence that is not allowed' 'Unicode-3.0' '/"Unicode-3.0"/d'
plant 'a crate that is banned' 'planted-ban' 's|^    { crate = "openssl-sys".*|    { crate = "serde_json", reason = "planted-ban" },|'
plant 'a source that is not allowed' 'source-not-allowed' 's|^unknown-registry = .*|&\nallow-registry = []|'
plant 'a feature that is banned' 'feature-banned' 's|^crate = "reqwest"|crate = "tokio"|; s|^deny = \["native-tls".*|deny = ["net"]|; s|^reason = .*|reason = "planted-feature"|'
exit "$failed"
