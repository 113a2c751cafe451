# Sourced by the scripts beside it and by .ci/run: starts what they need on free loopback ports, and
# ends it again. `stop_all` belongs into the script's EXIT trap.

# Nothing here may ever talk to a real account.
export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_REGION=eu-central-1 AWS_DEFAULT_REGION=eu-central-1
unset AWS_SESSION_TOKEN AWS_PROFILE AWS_ENDPOINT_URL

STARTED=()

# The programs of the virtual environment, when there is one.
if [ -n "${MANIFOLD_VENV:-}" ]; then
    PATH="$MANIFOLD_VENV/bin:$PATH"
fi

# start LOGFILE COMMAND…: in the background, to be ended by stop_all.
start() {
    local log=$1
    shift
    "$@" >"$log" 2>&1 </dev/null &
    STARTED+=($!)
}

# stop_all: ends what start started, by its id.
stop_all() {
    local pid
    for pid in "${STARTED[@]:-}"; do
        [ -n "$pid" ] || continue
        kill "$pid" 2>/dev/null || true
        wait "$pid" 2>/dev/null || true
    done
    STARTED=()
}

# free_ports N: N free loopback ports, one a line.
free_ports() {
    python3 - "$1" <<'PY'
import socket, sys

held = [socket.socket() for _ in range(int(sys.argv[1]))]
for each in held:
    each.bind(("127.0.0.1", 0))
for each in held:
    print(each.getsockname()[1])
PY
}

# wait_for WHAT SECONDS COMMAND…: until the command succeeds.
wait_for() {
    local what=$1 left=$(($2 * 10))
    shift 2
    until "$@" >/dev/null 2>&1; do
        left=$((left - 1))
        if [ "$left" -le 0 ]; then
            echo "$what did not answer in time" >&2
            return 1
        fi
        sleep 0.1
    done
}

# moto_start: sets MOTO_URL.
moto_start() {
    local port
    port=$(free_ports 1)
    MOTO_URL="http://127.0.0.1:$port"
    start /dev/null moto_server -H 127.0.0.1 -p "$port"
    wait_for moto_server 30 curl -fsS --noproxy '*' "$MOTO_URL/moto-api/data.json"
}
