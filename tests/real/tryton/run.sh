#!/bin/sh
# Holds the built binary against a real Tryton 8.2: sets one up, reads everything through the connector, compares each
# field with what Tryton's own client says, changes three orders and checks that exactly those come next.
#
#   run.sh BINARY        BINARY sync --system tryton --settings FILE --model M [--since T] --to jsonl
#
# Takes about two minutes, uses loopback only (besides pip), and leaves nothing running and nothing behind;
# KEEP_SCRATCH=1 keeps the folder to look at.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
binary=${1:?usage: run.sh BINARY}
case $binary in */*) binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary") ;; esac
# shellcheck source=lib.sh
. "$here/lib.sh"

failed=0
# sync_and_compare MODEL EXPECTED [--since T]
sync_and_compare() {
    model=$1 expected=$2
    shift 2
    if ! within 120 "$binary" sync --system tryton --settings "$scratch/settings.json" --model "$model" "$@" \
        --to jsonl >"$scratch/records.jsonl" 2>"$scratch/records.log"; then
        echo "$model: the sync failed"
        tail -n 20 "$scratch/records.log"
        failed=1
    elif ! "$python" -B "$here/compare.py" "$model" "$expected" "$scratch/records.jsonl"; then
        failed=1
    fi
}

setup_tryton
start_server
# Not its stock: Tryton tells it for one location a request, which no manifest can say yet.
for model in purchase_order vendor item; do
    sync_and_compare "$model" "$scratch/expected.json"
done

echo 'the same orders through the whole stack: connected, synced, read by the API:'
if ! within 180 "$python" -B "$here/stack.py" "$binary" "$scratch/settings.json" "purchase_order=$scratch/records.jsonl" ||
    ! "$python" -B "$here/compare.py" purchase_order "$scratch/expected.json" "$scratch/records.jsonl"; then
    failed=1
fi

since=$("$python" -c 'import datetime as d; print(d.datetime.now(d.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"))')
within 120 "$python" -B "$here/change.py" "$scratch/trytond.conf" tryton "$scratch/changed.json"
echo "since $since, after one order was changed, one cancelled and one added:"
sync_and_compare purchase_order "$scratch/changed.json" --since "$since"

# A wrong key must be refused, and must not look like an empty company.
sed 's/"user_application_key": *"[^"]*"/"user_application_key": "wrong"/' "$scratch/settings.json" >"$scratch/wrong.json"
if within 60 "$binary" sync --system tryton --settings "$scratch/wrong.json" --model purchase_order --to jsonl \
    >"$scratch/records.jsonl" 2>&1; then
    echo 'a wrong key was not refused'
    failed=1
fi
exit $failed
