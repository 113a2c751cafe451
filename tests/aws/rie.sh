#!/usr/bin/env bash
# Starts a function's bootstrap under AWS's runtime interface emulator and sends it API Gateway events.
# DynamoDB, SQS and Secrets Manager are moto's; everything listens on free loopback ports.
#
#   tests/aws/rie.sh BOOTSTRAP     the `api` binary; needs aws-sam-cli and moto[server] on the PATH, or
#                                  MANIFOLD_VENV with both in it
set -euo pipefail
bootstrap=$(realpath "${1:?usage: rie.sh BOOTSTRAP}")
cd "$(dirname "$0")/../.."
. tests/aws/lib.sh

folder=$(mktemp -d)
trap 'stop_all; rm -rf "$folder"' EXIT
rapid=$(python -c 'import pathlib, samcli; print(pathlib.Path(samcli.__file__).parent / "local" / "rapid")')
case $(uname -m) in aarch64) machine=arm64 ;; *) machine=x86_64 ;; esac

moto_start
mapfile -t variables < <(python tests/aws/deployment.py "$MOTO_URL")
[ "${#variables[@]}" -gt 0 ] || { echo "rie.sh: the stand-in of AWS made nothing" >&2; exit 1; }
mapfile -t ports < <(free_ports 2)
start "$folder/log" env "${variables[@]}" AWS_LAMBDA_FUNCTION_NAME=api \
    "$rapid/aws-lambda-rie-$machine" --log-level error \
    --runtime-interface-emulator-address "127.0.0.1:${ports[0]}" \
    --runtime-api-address "127.0.0.1:${ports[1]}" "$bootstrap"
listens() { (exec 3<>"/dev/tcp/127.0.0.1/${ports[0]}") 2>/dev/null; }
wait_for "the emulator" 20 listens

failed=0
# expect METHOD PATH STATUS TEXT: the answer has the status, and the text in its body.
expect() {
    local answer=$folder/answer
    python tests/aws/event.py "$1" "$2" |
        curl -sS --noproxy '*' --max-time 30 -o "$answer" --data-binary @- \
            "http://127.0.0.1:${ports[0]}/2015-03-31/functions/function/invocations" || true
    if python - "$answer" "$3" "$4" <<'PY'; then
import base64, json, sys

path, status, text = sys.argv[1:]
answer = json.load(open(path))
body = answer.get("body") or ""
if answer.get("isBase64Encoded"):
    body = base64.b64decode(body).decode()
headers = {name.lower() for name in answer.get("headers", {})}
right = str(answer.get("statusCode")) == status and text in body and "manifold-request-id" in headers
if not right:
    print(json.dumps(answer)[:1000])
sys.exit(not right)
PY
        echo "ok    $1 $2 answers $3"
    else
        echo "FAIL  $1 $2 should answer $3 with $4"
        failed=1
    fi
}

expect GET /health 200 ''
expect GET /openapi.json 200 '"openapi"'
expect GET /v1/credits 401 '"unauthorized"'
expect GET /no-such-page 404 '"not_found"'

if [ "$failed" -ne 0 ]; then
    echo "the function's log:"
    tail -n 40 "$folder/log"
fi
exit "$failed"
