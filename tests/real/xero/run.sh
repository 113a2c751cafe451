#!/bin/sh
# Holds the built binary against Prism, which serves Xero's own OpenAPI file and refuses what that does not allow.
#
#   run.sh BINARY
#
# The file is xero_accounting.yaml of XeroAPI/Xero-OpenAPI, version 16.1.0. It is not ours, so it is not kept here: it lies in
# ../shared/specs beside the clone, or where XERO_OPENAPI says. Without it nothing is judged, which 77 says.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
binary=$(cd "$(dirname "${1:?usage: run.sh BINARY}")" && pwd)/$(basename "$1")
# shellcheck source=../../judge.sh
. "$here/../../judge.sh"
described=${XERO_OPENAPI:-$here/../../../../shared/specs/xero_accounting.yaml}
[ -r "$described" ] || { echo "Xero's OpenAPI file is not at $described: set XERO_OPENAPI" >&2; exit 77; }
node_with "$here/package.json"
python=python3
connector=$here/../../../shared/connectors/catalog/xero/connector.toml

port=$("$python" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$node_bin/prism" mock --host 127.0.0.1 --port "$port" "$described" >"$scratch/prism.log" 2>&1 &
started=$!
answers "$scratch/prism.log" 'Prism is listening' "$started"
"$python" "$here/door.py" "http://127.0.0.1:$port" "$scratch/asked.jsonl" >"$scratch/door.log" 2>&1 &
door=$!
started="$started $door"
answers "$scratch/door.log" '^http' "$door"
door=$(cat "$scratch/door.log")
cat >"$scratch/settings.json" <<JSON
{"settings": {"tenant_id": "70784a63-d24b-46a9-a4db-0e70a274b056", "instance_url": "$door", "token_url": "$door"},
 "credentials": {"client_id": "0F1E2D3C4B5A69788796A5B4C3D2E1F0", "client_secret": "secret-of-20-letters"}}
JSON

judge "Xero's own file" 300 "$python" "$here/judge.py" "$door" "$scratch/asked.jsonl" "$binary" "$scratch/settings.json" "$connector"
[ "$failed" -eq 1 ] || tail -n 1 "$scratch/judge.log"

# Each of these is a mistake that a connector could have.
broken() {
    sed "$2" "$connector" >"$scratch/connector.toml"
    cmp -s "$connector" "$scratch/connector.toml" && { echo "$1: nothing was broken"; failed=1; return; }
    plant "$1" 300 "$python" "$here/judge.py" "$door" "$scratch/asked.jsonl" "$binary" "$scratch/settings.json" "$scratch/connector.toml"
}
broken 'Planted: no tenant header' '/^xero-tenant-id/d'
broken 'Planted: a time without a zone' 's/^absence = "unknown"/&/; s/^escape = "json"/&\nsince_format = "naive_seconds"/'
broken 'Planted: pages by another name' 's/pageSize = "{limit}"/pageSize = "{limit}x"/'
broken 'Planted: dates read as text of ISO 8601' 's/^dates = "odata_v2"/dates = "iso"/'
exit "$failed"
