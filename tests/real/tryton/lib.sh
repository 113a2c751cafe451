# Sourced by run.sh and record.sh, which set `series`: a Tryton of our own that does not outlive the script.
# shellcheck shell=sh
# shellcheck source=../../judge.sh
. "$here/../../judge.sh"

setup_tryton() {
    within 900 "$here/setup.sh" "$scratch" "$series"
    python=$scratch/venv/bin/python
}

start_server() {
    # Chosen now: since setup.sh wrote one down, a minute ago, another program may have got it.
    port=$("$python" -c '
import socket
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    print(free.getsockname()[1])')
    sed -i "s|127\.0\.0\.1:[0-9]*|127.0.0.1:$port|" \
        "$scratch/trytond.conf" "$scratch/settings.json" "$scratch/restricted.json"
    # The limit is for the day on which this script is killed and cannot clean up.
    timeout -k 10 2400 "$scratch/venv/bin/trytond" -c "$scratch/trytond.conf" -d tryton >"$scratch/trytond.log" 2>&1 &
    started=$!
    # Any answer will do: without a key it is 401, and the JSON-RPC of 7.0 knows no GET.
    "$python" - "$scratch/settings.json" "$started" "$series" <<'PY' || { tail -n 20 "$scratch/trytond.log" >&2; exit 1; }
import json, os, sys, time, urllib.error, urllib.request
settings = json.load(open(sys.argv[1]))['settings']
url = f"{settings['instance_url']}/{settings['database']}/" + ('rest/model/ir.lang' if sys.argv[3] != '7.0' else '')
for _ in range(300):
    try:
        urllib.request.urlopen(url, timeout=5)
    except urllib.error.HTTPError as answer:
        sys.exit(f'{url} answered {answer.code}' if answer.code not in (401, 405) else 0)
    except OSError:
        os.kill(int(sys.argv[2]), 0)
        time.sleep(0.1)
sys.exit('the server did not answer within 30 seconds')
PY
}
