# Sourced by run.sh and record.sh, which set `series`: a scratch folder and a server that never outlive the script.
# shellcheck shell=sh

scratch=$(mktemp -d "${TMPDIR:-/tmp}/manifold-tryton.XXXXXX")
server=
step=

stop() {
    [ -n "$1" ] || return 0
    kill "$1" 2>/dev/null || true
    wait "$1" 2>/dev/null || true
}

clean_up() {
    status=$?
    trap - EXIT INT TERM HUP
    stop "$step"
    stop "$server"
    if [ -n "${KEEP_SCRATCH:-}" ]; then echo "kept $scratch" >&2; else rm -rf "$scratch"; fi
    exit "$status"
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# within SECONDS COMMAND…: bounded, and waited for in a way that lets a signal through at once.
within() {
    timeout -k 10 "$@" &
    step=$!
    status=0
    wait "$step" || status=$?
    step=
    return "$status"
}

setup_tryton() {
    within 900 "$here/setup.sh" "$scratch" "$series"
    python=$scratch/venv/bin/python
}

start_server() {
    # The limit is for the day on which this script is killed and cannot clean up.
    timeout -k 10 2400 "$scratch/venv/bin/trytond" -c "$scratch/trytond.conf" -d tryton >"$scratch/trytond.log" 2>&1 &
    server=$!
    # Any answer will do: without a key it is 401, and the JSON-RPC of 7.0 knows no GET.
    "$python" - "$scratch/settings.json" "$server" "$series" <<'PY' || { tail -n 20 "$scratch/trytond.log" >&2; exit 1; }
import json, os, sys, time, urllib.error, urllib.request
settings = json.load(open(sys.argv[1]))['settings']
url = f"{settings['instance_url']}/{settings['database']}/" + ('rest/model/ir.lang' if sys.argv[3] != '7.0' else '')
for _ in range(300):
    try:
        urllib.request.urlopen(url, timeout=5)
    except urllib.error.HTTPError as answer:
        sys.exit(answer.code not in (401, 405))
    except OSError:
        os.kill(int(sys.argv[2]), 0)
        time.sleep(0.1)
sys.exit('the server did not answer within 30 seconds')
PY
}
