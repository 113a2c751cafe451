#!/bin/sh
# Holds the built binary against a real Tryton: sets one up, reads everything through the connector, compares each
# field with what Tryton's own client says, changes orders and stock, and checks that exactly those changes come. At the
# end the connector is broken on purpose, and the comparison has to notice.
#
#   run.sh BINARY SERIES       SERIES is 8.2 (REST, connector tryton) or 7.0 (JSON-RPC, connector tryton_7)
#
# Takes about three minutes, uses loopback only (besides pip), and leaves nothing running and nothing behind;
# KEEP_SCRATCH=1 keeps the folder to look at.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
binary=${1:?usage: run.sh BINARY SERIES}
series=${2:?usage: run.sh BINARY SERIES}
case $binary in */*) binary=$(cd "$(dirname "$binary")" && pwd)/$(basename "$binary") ;; esac
case $series in
    8.2) system=tryton secret=user_application_key ;;
    7.0) system=tryton_7 secret=password ;;
    *) echo "there is no connector for Tryton $series" >&2; exit 2 ;;
esac
manifest=$here/../../../shared/connectors/catalog/$system/connector.toml
models='purchase_order vendor item inventory_level'
# shellcheck source=lib.sh
. "$here/lib.sh"

failed=0
fails() {
    echo "$*"
    failed=1
}

# read_model MODEL OPTIONS…: its records in $scratch/records.jsonl.
read_model() {
    model=$1
    shift
    within 120 "$binary" sync --settings "$scratch/settings.json" --model "$model" "$@" \
        --to jsonl >"$scratch/records.jsonl" 2>"$scratch/records.log"
}

compare() { "$python" -B "$here/compare.py" "$@"; }

# sync_and_compare MODEL EXPECTED [--since T]
sync_and_compare() {
    model=$1 expected=$2
    shift 2
    if ! read_model "$model" --system "$system" "$@"; then
        fails "$model: the sync failed"
        tail -n 20 "$scratch/records.log"
    else
        compare "$model" "$expected" "$scratch/records.jsonl" || failed=1
    fi
}

# notices MODEL WHAT SED: with the manifest changed by SED, the comparison is red.
notices() {
    sed "$3" "$manifest" >"$scratch/broken.toml"
    if cmp -s "$manifest" "$scratch/broken.toml"; then
        fails "planted: $2: the manifest has no such place any more"
    elif ! read_model "$1" --manifest "$scratch/broken.toml"; then
        fails "planted: $2: the sync failed, so nothing was compared"
        tail -n 20 "$scratch/records.log"
    elif compare "$1" "$scratch/expected_after.json" "$scratch/records.jsonl" >"$scratch/planted.log"; then
        fails "planted: $2: nobody noticed"
    else
        echo "planted: $2: noticed ($(tail -n 1 "$scratch/planted.log"))"
    fi
}

setup_tryton
start_server
for model in $models; do
    sync_and_compare "$model" "$scratch/expected.json"
done

since=$("$python" -c 'import datetime as d; print(d.datetime.now(d.timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.000Z"))')
echo 'through the whole stack: connected, synced, changed, synced again, read by the API:'
if within 300 "$python" -B "$here/stack.py" "$binary" "$system" "$scratch/settings.json" "$scratch/stack" \
    "$python" -B "$here/change.py" "$scratch/trytond.conf" tryton "$scratch/changed.json"; then
    within 120 "$python" -B "$here/expect.py" "$scratch/trytond.conf" tryton "$scratch/expected_after.json"
    for model in $models; do
        compare "$model" "$scratch/expected.json" "$scratch/stack/before/$model.jsonl" || failed=1
        compare "$model" "$scratch/expected_after.json" "$scratch/stack/after/$model.jsonl" || failed=1
    done
    "$python" -B "$here/feed.py" "$scratch/changed.json" "$scratch/stack/changes.json" || failed=1
else
    fails 'the stack failed'
    exit 1
fi

echo "since $since, when one order was changed, one cancelled and one added:"
sync_and_compare purchase_order "$scratch/changed.json" --since "$since"

# A wrong key or password must be refused, and must not look like an empty company.
sed "s/\"$secret\": *\"[^\"]*\"/\"$secret\": \"wrong-0123456789-wrong\"/" "$scratch/settings.json" >"$scratch/wrong.json"
if within 60 "$binary" sync --system "$system" --settings "$scratch/wrong.json" --model purchase_order --to jsonl \
    >"$scratch/records.jsonl" 2>&1; then
    fails "a wrong $secret was not refused"
elif ! grep -q 'refuses' "$scratch/records.jsonl"; then
    fails "a wrong $secret: the message does not say that it is refused"
    cat "$scratch/records.jsonl"
fi

# What the judge above must not let pass.
notices purchase_order 'a wrong amount' 's/value = "untaxed_amount"/value = "total_amount"/'
notices purchase_order 'orders passed over between pages' 's/\["id",">",{after}\]/["id",">",{after}9]/; s/^page_size = 200/page_size = 5/'
notices vendor 'inactive vendors left out' 's/\["active","in",\[true,false\]\]/["active","=",true]/'
notices item 'the price as the cost' 's/^cost = .*/cost = { amount = { value = "list_price" } }/; s/"list_price_used"/"list_price"/g'
notices inventory_level 'stock counted twice' 's/"with_childs":false/"with_childs":true/'
"$python" - "$scratch/stack/changes.json" "$scratch/one_less.json" <<'PY'
import json, sys
json.dump(json.load(open(sys.argv[1]))[1:], open(sys.argv[2], 'w'))
PY
if "$python" -B "$here/feed.py" "$scratch/changed.json" "$scratch/one_less.json" >"$scratch/planted.log"; then
    fails 'planted: a change that was not told: nobody noticed'
fi
exit $failed
