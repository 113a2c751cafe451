#!/bin/sh
# Records the fixtures of the connector again from a fresh server: record.sh [FOLDER]
set -eu

series=8.2
here=$(cd "$(dirname "$0")" && pwd)
folder=${1:-$here/../../../shared/connectors/catalog/tryton/fixtures}
mkdir -p "$folder"
# shellcheck source=lib.sh
. "$here/lib.sh"

setup_tryton
start_server
within 120 "$python" -B "$here/record.py" "$scratch/settings.json" "$scratch/restricted.json" "$folder"
