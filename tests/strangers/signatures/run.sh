#!/bin/sh
# Has what the built binary signs checked by the libraries that others verify with: oauthlib, PyJWT, standardwebhooks.
#
#   run.sh BINARY
set -eu

here=$(cd "$(dirname "$0")" && pwd)
binary=$(cd "$(dirname "${1:?usage: run.sh BINARY}")" && pwd)/$(basename "$1")
# shellcheck source=../../judge.sh
. "$here/../../judge.sh"
python_with "$here/requirements.txt"
node_with "$here/package.json"

judge 'OAuth 1.0a with HMAC-SHA256, by oauthlib' 300 "$python" "$here/judge.py" oauth1 "$binary" "$scratch"
judge 'Signed assertions, PS256 and ES256, by PyJWT' 300 "$python" "$here/judge.py" jwt "$binary" "$scratch"
judge 'Webhooks, by standardwebhooks of PyPI and of npm' 300 "$python" "$here/webhooks.py" "$binary" "$modules"
plant 'Planted: another webhook secret' 300 "$python" "$here/webhooks.py" "$binary" "$modules" --wrong
plant 'Planted: another consumer secret' 300 "$python" "$here/judge.py" oauth1 "$binary" "$scratch" --wrong
plant 'Planted: another key' 300 "$python" "$here/judge.py" jwt "$binary" "$scratch" --wrong
exit "$failed"
