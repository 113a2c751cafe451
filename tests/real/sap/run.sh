#!/bin/sh
# Holds the built binary against mock-sap 0.22, an S/4HANA dialect that somebody else wrote: OAuth2 with tokens that live
# five seconds, SAP's error envelope, tokens against forgery, its fault scenarios, and its log of what we sent.
#
#   run.sh BINARY
set -eu

here=$(cd "$(dirname "$0")" && pwd)
binary=$(cd "$(dirname "${1:?usage: run.sh BINARY}")" && pwd)/$(basename "$1")
# shellcheck source=../../judge.sh
. "$here/../../judge.sh"
python_with "$here/requirements.txt"
connector=$here/../../../shared/connectors/catalog/sap_s4hana/connector.toml

"$python" "$here/serve.py" --port 0 --oauth manifold:secret-of-20-letters --token-ttl 5 --slow-ms 500 \
    --clock 2026-01-20T08:00 --quiet >"$scratch/sap.log" 2>&1 &
started=$!
answers "$scratch/sap.log" '^  Admin ' "$started"
sap=$(sed -n 's/^mock-sap .* listening on \(http[^ ]*\).*/\1/p' "$scratch/sap.log")
cat >"$scratch/settings.json" <<JSON
{"method": "oauth2_tenant", "settings": {"tenant": "my300000", "client": "100", "instance_url": "$sap"},
 "credentials": {"client_id": "manifold", "client_secret": "secret-of-20-letters"}}
JSON

judge 'Records, over tokens of five seconds' 300 "$python" "$here/judge.py" records "$sap" "$binary" "$scratch/settings.json" "$connector"
[ "$failed" -eq 1 ] || tail -n 1 "$scratch/judge.log"
judge 'Faults, writes and what was sent' 300 "$python" "$here/judge.py" faults "$sap" "$binary" "$scratch/settings.json"

# Each of these is a mistake that a connector could have.
broken() {
    sed "$2" "$connector" >"$scratch/connector.toml"
    cmp -s "$connector" "$scratch/connector.toml" && { echo "$1: nothing was broken"; failed=1; return; }
    plant "$1" 300 "$python" "$here/judge.py" records "$sap" "$binary" "$scratch/settings.json" "$scratch/connector.toml"
}
broken 'Planted: another token endpoint' 's#/sap/bc/sec/oauth2/token#/oauth/token#'
broken 'Planted: a literal of V4 in a filter' "s/datetimeoffset'{since}'/{since}/"
broken 'Planted: a price for one instead of per quantity' 's/quantity = "OrderQuantity"/quantity = "NetPriceQuantity"/'
exit "$failed"
