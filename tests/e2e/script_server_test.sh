#!/bin/bash
# script/server as its user sees it: script_server_test.sh BIN_DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bin=$1
dir=$(mktemp -d)
server=
finish() {
    [ -z "$server" ] || kill -KILL "$server" 2>/dev/null || true
    rm -rf "$dir"
}
trap finish EXIT
for name in $(compgen -e | grep '^RTBATCH_' || true); do unset "$name"; done

failures=0
# check WHAT COMMAND...
check() {
    local what=$1
    shift
    if "$@"; then echo "ok: $what"; else
        echo "FAILED: $what"
        failures=$((failures + 1))
    fi
}

# refuses WORDS OPTION...: exits non-zero at once, and says WORDS.
refuses() {
    local words=$1
    shift
    if timeout 10 script/server --bin "$bin" --state "$dir/refused" "$@" >"$dir/out" 2>&1; then return 1; fi
    grep -q -- "$words" "$dir/out" || { cat "$dir/out"; return 1; }
}

said() { grep -qE -- "$1" "$dir/out"; }

# until_said PATTERN: within 40 s, or shows what was said.
until_said() {
    local i
    for ((i = 0; i < 400; i++)); do
        if said "$1"; then return 0; fi
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    cat "$dir/out"
    return 1
}

start() {
    port=$((12000 + RANDOM % 19000))
    script/server --bin "$bin" --state "$dir/state" --port "$port" >"$dir/out" 2>&1 </dev/null &
    server=$!
}

# ends_with STATUS: within 20 s.
ends_with() {
    local status=0 i
    for ((i = 0; i < 200; i++)); do
        kill -0 "$server" 2>/dev/null || break
        sleep 0.1
    done
    if kill -0 "$server" 2>/dev/null; then return 1; fi
    wait "$server" || status=$?
    server=
    [ "$status" -eq "$1" ] || { echo "exit status $status"; cat "$dir/out"; return 1; }
}

# Nothing that belongs to our state directory or runs on our port is left.
nothing_left() {
    ! pgrep -f -- "$dir/state" >/dev/null && ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

script/server --help >"$dir/out"
check "--help names every option" said '--port.*--state.*--live'
check "an unknown option is refused" refuses "there is no option --prot" --prot 1
check "a port that is none is refused" refuses "is no port" --port 70000
check "--live without a contact is refused" refuses "RTBATCH_HTTP_CONTACT" --live

start
check "it gets ready" until_said "^ready http://127.0.0.1:$port\$"
check "it shows a batch to its end" until_said '^data: \{"total":30,"cached":10,"fetched":19,"errors":1,"stale":0\}'
check "it says that the upstreams are a stand-in" said '^stand-in: no real site is asked'
check "it goes on" until_said '^running until Ctrl-C'
key=$(sed -n 's/^key //p' "$dir/out")
check "the key opens the door" [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/api/v1/movies/batch" \
    -H "X-API-Key: $key" -H 'Content-Type: application/json' -d '{"imdbIds":["tt0468569"]}')" = 200 ]
check "only its owner may read the key's file" [ "$(stat -c %a "$dir/state/key")" = 600 ]
check "a second one on the same port is refused" refuses "port $port is taken" --port "$port"
check "a second one on the same state is refused" refuses "another script/server runs" --port 11999 --state "$dir/state"
kill -TERM "$server"
check "told to stop, it exits 0" ends_with 0
check "nothing is left running" nothing_left

start
check "a second run has the movies of the first" until_said '^data: \{"total":30,"cached":29,"fetched":0,"errors":1,"stale":0\}'
check "it has the same key" [ "$(sed -n 's/^key //p' "$dir/out")" = "$key" ]
until_said '^running until Ctrl-C'
kill -KILL "$(pgrep -P "$server" -f rtbatch-handler)"
check "when a program dies, it exits 1" ends_with 1
check "and says which" said 'handler has ended with exit status 137'
check "and stops the others" nothing_left

[ "$failures" -eq 0 ]
