# Sourced by the judges' run.sh: tools in the cache, a scratch folder, and nothing that outlives the script.
# shellcheck shell=sh

cache=${XDG_CACHE_HOME:-$HOME/.cache}/manifold
mkdir -p "$cache"
scratch=$(mktemp -d "${TMPDIR:-/tmp}/manifold-judge.XXXXXX")
# Everything that was started in the background.
started=
step=
failed=0
export PYTHONDONTWRITEBYTECODE=1 NO_UPDATE_NOTIFIER=1 REDOCLY_TELEMETRY=off SCARF_ANALYTICS=false

clean_up() {
    status=$?
    trap - EXIT INT TERM HUP
    for process in $step $started; do
        kill "$process" 2>/dev/null || continue
        for _ in $(seq 50); do
            kill -0 "$process" 2>/dev/null || break
            sleep 0.1
        done
        kill -9 "$process" 2>/dev/null || true
    done
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

# kept NAME FILE: the folder in the cache for what FILE asks for.
kept() { printf '%s/%s-%s\n' "$cache" "$1" "$(cksum <"$2" | cut -d' ' -f1)"; }

# python_with REQUIREMENTS: sets $python to one that has them.
python_with() {
    venv=$(kept venv "$1")
    python=$venv/bin/python
    [ -e "$venv/complete" ] && return
    rm -rf "$venv"
    python3 -m venv "$venv"
    within 600 "$venv/bin/pip" install --quiet --disable-pip-version-check -r "$1"
    touch "$venv/complete"
}

# node_with PACKAGE_JSON: sets $node_bin to the folder of the commands that it names.
node_with() {
    modules=$(kept npm "$1")
    node_bin=$modules/node_modules/.bin
    [ -e "$modules/complete" ] && return
    rm -rf "$modules"
    mkdir -p "$modules"
    cp "$1" "$modules/package.json"
    (cd "$modules" && within 600 npm install --silent --no-audit --no-fund --ignore-scripts)
    touch "$modules/complete"
}

# answers FILE PATTERN PROCESS: waits until a process that was started has written a line like that into its log.
answers() {
    for _ in $(seq 600); do
        grep -qs "$2" "$1" && return
        kill -0 "$3" 2>/dev/null || break
        sleep 0.2
    done
    echo "it did not start:" >&2
    cat "$1" >&2
    exit 1
}

# judge WHAT COMMAND…: must end well; what it printed is shown when it does not.
judge() {
    what=$1
    shift
    if within "$@" >"$scratch/judge.log" 2>&1; then
        echo "$what: ok"
    else
        echo "$what: FAILED"
        tail -n "${SHOWN:-60}" "$scratch/judge.log"
        failed=1
    fi
}

# plant WHAT COMMAND…: something is broken on purpose, and must be found.
plant() {
    what=$1
    shift
    if within "$@" >"$scratch/plant.log" 2>&1; then
        echo "$what: was NOT found"
        failed=1
    else
        echo "$what: found"
    fi
}
