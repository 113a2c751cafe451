#!/bin/sh
# Sets up a real Tryton in a scratch folder: a virtual environment with the server from PyPI, an SQLite database, the
# purchase, stock and production modules, and the company, suppliers, products, orders and receipts of seed.py.
#
#   setup.sh DIR SERIES        SERIES is 8.2 or 7.0
#
# Leaves in DIR: settings.json ({settings, credentials} for the connector), restricted.json (the same for a user
# who may read almost nothing), trytond.conf and db/. Nothing is started. DIR may exist; it is not emptied.
# pip's own cache is used, so a second run downloads nothing.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
dir=${1:?usage: setup.sh DIR SERIES}
series=${2:?usage: setup.sh DIR SERIES}
mkdir -p "$dir/db"
dir=$(cd "$dir" && pwd)
log=$dir/setup.log
say() { echo "tryton: $*" >&2; }
# What a step prints is shown only when it fails.
quietly() { "$@" >>"$log" 2>&1 || { status=$?; tail -n 40 "$log" >&2; say "failed: $*"; exit $status; }; }

database=tryton
port=$(python3 -c '
import socket
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    print(s.getsockname()[1])')

say "installing the server"
[ -x "$dir/venv/bin/python" ] || quietly python3 -m venv "$dir/venv"
sed "s/SERIES/$series/" "$here/requirements.txt" >"$dir/requirements.txt"
quietly "$dir/venv/bin/pip" install --quiet --disable-pip-version-check -r "$dir/requirements.txt"

cat >"$dir/trytond.conf" <<CONF
[database]
uri = sqlite://
path = $dir/db
[web]
listen = 127.0.0.1:$port
[queue]
# There is no worker: a confirmed order stays confirmed until seed.py processes it.
worker = True
CONF

say "creating the database"
: >"$dir/db/$database.sqlite"
(umask 077 && python3 -c 'import secrets; print(secrets.token_urlsafe(24))' >"$dir/password")
TRYTONPASSFILE=$dir/password quietly "$dir/venv/bin/trytond-admin" -c "$dir/trytond.conf" -d "$database" \
    -u purchase stock_supply production account_invoice_stock --activate-dependencies --email admin@manifold.example -p

say "typing in the company and its orders"
quietly "$dir/venv/bin/python" "$here/seed.py" "$dir/trytond.conf" "$database" "http://127.0.0.1:$port" \
    "$dir/settings.json" "$dir/restricted.json"
quietly "$dir/venv/bin/python" "$here/expect.py" "$dir/trytond.conf" "$database" "$dir/expected.json"
say "ready in $dir"
