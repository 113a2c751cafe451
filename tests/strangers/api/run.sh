#!/bin/sh
# Holds the API against its own description, by tools that nobody here wrote: two linters, a tester that makes up requests,
# and a client made by an ordinary generator.
#
#   run.sh BINARY DESCRIPTION        the built binary; infra/openapi.json
set -eu

here=$(cd "$(dirname "$0")" && pwd)
binary=$(cd "$(dirname "${1:?usage: run.sh BINARY DESCRIPTION}")" && pwd)/$(basename "$1")
description=$(cd "$(dirname "${2:?usage: run.sh BINARY DESCRIPTION}")" && pwd)/$(basename "$2")
# shellcheck source=../../judge.sh
. "$here/../../judge.sh"
python_with "$here/requirements.txt"
node_with "$here/package.json"

judge 'spectral' 120 "$node_bin/spectral" lint --fail-severity hint --ruleset "$here/spectral.yaml" "$description"
judge 'redocly' 120 "$node_bin/redocly" lint --config "$here/redocly.yaml" "$description"
judge 'A generated client performs the tour' 600 "$python" "$here/tour.py" "$binary" "$scratch"
judge 'schemathesis' 900 "$python" "$here/fuzz.py" "$binary" "$scratch"
grep -h 'generated' "$scratch/judge.log" | tail -n 1

lie() { "$python" "$here/plant.py" "$description" "$1" "$scratch/$1.json"; }
lie twice
plant 'Planted: a name twice, for spectral' 120 "$node_bin/spectral" lint --fail-severity hint --ruleset "$here/spectral.yaml" "$scratch/twice.json"
plant 'Planted: a name twice, for redocly' 120 "$node_bin/redocly" lint --config "$here/redocly.yaml" "$scratch/twice.json"
lie type
plant 'Planted: a field of another type' 300 "$python" "$here/fuzz.py" "$binary" "$scratch" \
    --description "$scratch/type.json" --include-operation-id get_credits
lie status
plant 'Planted: a status that is not told' 300 "$python" "$here/fuzz.py" "$binary" "$scratch" \
    --description "$scratch/status.json" --include-operation-id get_event
lie path
plant 'Planted: a path that is not there' 300 "$python" "$here/tour.py" "$binary" "$scratch" "$scratch/path.json"
exit "$failed"
