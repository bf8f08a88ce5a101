#!/bin/bash
# script/server as its user sees it: script_server_test.sh BIN_DIR
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
bin=$1
dir=$(mktemp -d)
server=
other=
finish() {
    local pid
    for pid in $server $other; do kill -KILL "$pid" 2>/dev/null || true; done
    rm -rf "$dir"
}
trap finish EXIT
for name in $(compgen -e | grep '^RTBATCH_' || true); do unset "$name"; done

# shellcheck source=tests/support/check.sh
. tests/support/check.sh

# refuses WORDS OPTION...: exits non-zero at once, and says WORDS.
refuses() {
    local words=$1
    shift
    if timeout 10 script/server --bin "$bin" --state "$dir/refused" "$@" >"$dir/out" 2>&1; then return 1; fi
    grep -q -- "$words" "$dir/out" || { cat "$dir/out"; return 1; }
}

# run COMMAND...: its exit status; what it says goes to "$dir/ran".
run() { "$@" >"$dir/ran" 2>&1 </dev/null; }

# ran PATTERN COMMAND PART: the command, which has this part, ends well and says it.
ran() {
    if [[ $2 == *"$3"* ]] && run bash -c "$2" && grep -qE -- "$1" "$dir/ran"; then return 0; fi
    cat "$dir/ran"
    return 1
}

# as_another COMMAND...: as a user to whom nothing here belongs.
as_another() {
    if [ "$(id -u)" -eq 0 ]; then
        setpriv --reuid 65534 --regid 65534 --clear-groups "$@"
    else
        "$@"
    fi
}

# refuses_in CHECKOUT WORDS OPTION...: the script/server of that checkout, called by another user than its own.
refuses_in() {
    local checkout=$1 words=$2
    shift 2
    if as_another env PATH="$dir/bin:$PATH" timeout 20 "$checkout/script/server" "$@" >"$dir/out" 2>&1 </dev/null; then return 1; fi
    # One line of ours and no shell's or cmake's.
    if grep -q -- "$words" "$dir/out" && ! grep -qE 'line [0-9]+:|CMake|Permission denied' "$dir/out"; then return 0; fi
    cat "$dir/out"
    return 1
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

# until_true COMMAND...: within 20 s.
until_true() {
    local i
    for ((i = 0; i < 200; i++)); do
        if "$@"; then return 0; fi
        sleep 0.1
    done
    return 1
}

gone_by_now() { ! kill -0 "$1" 2>/dev/null; }

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
printed=$(sed -n 's/^more: //p; s/^      //p' "$dir/out")
check "the key opens the door" [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/api/v1/movies/batch" \
    -H "X-API-Key: $key" -H 'Content-Type: application/json' -d '{"imdbIds":["tt0468569"]}')" = 200 ]
check "only its owner may read the key's file" [ "$(stat -c %a "$dir/state/key")" = 600 ]
check "a second one on the same port is refused as such" \
    refuses "script/server runs already on port $port (state $dir/state): stop it" --port "$port"
check "a second one on the same state is refused" refuses "another script/server runs" --port 11999 --state "$dir/state"

# ---- beside it -----------------------------------------------------------------------------------------------
check "only its owner may read its settings" [ "$(stat -c %a "$dir/state/rtbatch.properties")" = 600 ]
# What README.md shows is typed in the checkout, where the state is var/server and the port 8080.
mkdir -p "$dir/checkout/var" "$dir/checkout/build"
ln -s "$dir/state" "$dir/checkout/var/server"
ln -s "$bin" "$dir/checkout/build/bin"
# readme_block WORDS: the first block of README.md that begins with these.
readme_block() {
    awk -v words="$1" '
        /^```/ { if (wanted) { exit } inside = !inside; first = inside; next }
        first && index($0, words) == 1 { wanted = 1 }
        { first = 0 }
        wanted { print }' README.md | sed "s|127\\.0\\.0\\.1:8080|127.0.0.1:$port|"
}
# as_shown BLOCK: types it.
as_shown() { (cd "$dir/checkout" && eval "$1" >"$dir/ran" 2>&1 </dev/null); }
asking=$(readme_block 'curl ')
looking=$(readme_block 'build/bin/rtbatch-admin ')
check "README.md shows how to ask" grep -q '^curl -N http://127.0.0.1:[0-9]*/api/v1/movies/batch' <<<"$asking"
check "what README.md shows works" as_shown "$asking"
check "and gives what it says" grep -q '^data: {"total":3,"cached":[12],"fetched":[01],"errors":1,"stale":0}' "$dir/ran"
check "README.md shows how to look at it" grep -q ' status$' <<<"$looking"
check "that works too" as_shown "$looking"
check "and shows this database" grep -q 'movies' "$dir/ran"

mapfile -t commands <<<"$printed"
check "it prints three commands" [ "${#commands[@]}" = 3 ]
check "the first is rtbatch-admin status, and works" ran '^rtbatch .*, SQLite ' "${commands[0]}" ' status'
check "the last is a dry run of the refresher, and works" ran '^due ' "${commands[2]}" ' run --dry-run'
check "the second is rtbatch-admin doctor" grep -q -- " doctor --url http://127.0.0.1:$port" <<<"${commands[1]}"
run bash -c "${commands[1]}" || true
check "which misses a refresher and nothing else" [ "$(grep '^BAD' "$dir/ran")" = "BAD  refresher: it has never run" ]
check "a run of the refresher works too" run bash -c "${commands[2]/--dry-run/}"
check "then the doctor misses nothing" ran '^ok   nginx buffering' "${commands[1]}" ' doctor '
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

# ---- settings from outside -----------------------------------------------------------------------------------
(
    relative=$(realpath --relative-to=. "$dir")/own.db
    export RTBATCH_BATCH_MAX_IDS=30 RTBATCH_DATABASE_URL=sqlite:$relative RTBATCH_AUTH_ADMIN_KEY='back\slash'
    start
    echo "$server $port" >"$dir/started"
    until_said '^running until Ctrl-C'
)
read -r server port <"$dir/started"
check "the file has what was given in the environment" grep -qx 'batch.max_ids = 30' "$dir/state/rtbatch.properties"
check "the key is the one that was given" said '^key back\\slash$'
check "the file's key is the same" [ "$(curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$port/api/v1/movie/tt0468569" \
    -H 'X-API-Key: back\slash')" = 200 ]
check "a database of one's own is named by its whole path" grep -qx "database.url = sqlite:/.*/own.db" "$dir/state/rtbatch.properties"
check "and it is that one" [ -s "$dir/own.db" ]
kill -TERM "$server"
until_true gone_by_now "$server"
server=

# ---- where it cannot run -------------------------------------------------------------------------------------
port=$((12000 + RANDOM % 19000))
python3 -c 'import socket, sys, time; s = socket.create_server(("127.0.0.1", int(sys.argv[1]))); print("listens", flush=True); time.sleep(60)' \
    "$port" >"$dir/other" &
other=$!
until_true grep -q listens "$dir/other"
check "another program on the port is called so" refuses "port $port is taken by another program" --port "$port"

# Other checkouts, with stand-ins for what would install and build.
chmod 755 "$dir"
mkdir "$dir/bin" "$dir/foreign"
printf '#!/bin/sh\necho install ok installed\n' >"$dir/bin/dpkg-query"
cat >"$dir/bin/cmake" <<'TEXT'
#!/bin/bash
if [[ $1 == --preset ]]; then exit 0; fi
printf '%s\n' '[ 37%] Building CXX object x.o' '[5/10] Building CXX object y.o'
TEXT
chmod 755 "$dir"/bin/*
cp -r script conf CMakePresets.json "$dir/foreign"
port=$((12000 + RANDOM % 19000))
[ "$(id -u)" -eq 0 ] || chmod a-w "$dir/foreign"
check "in another's checkout it says what to do" refuses_in "$dir/foreign" "build cannot be written as .*: make a copy of your own" --port "$port"
[ "$(id -u)" -eq 0 ] || chmod u+w "$dir/foreign"
mkdir "$dir/foreign/build" "$dir/foreign/state"
chmod 777 "$dir/foreign/build"
chmod a-w "$dir/foreign/state"
check "with another's state directory too" refuses_in "$dir/foreign" "state directory state cannot be made or written" --port "$port" --state state
echo 'CMAKE_HOME_DIRECTORY:INTERNAL=/an/older/place' >"$dir/foreign/build/CMakeCache.txt"
chmod 666 "$dir/foreign/build/CMakeCache.txt"
check "with a build directory of another path too" refuses_in "$dir/foreign" "was made for the checkout /an/older/place, not for this one: remove it" --port "$port"
check "script/test as well" bash -c "cd '$dir/foreign' && ! script/test --quick >'$dir/out' 2>&1 && grep -q 'was made for the checkout' '$dir/out'"

# ---- how far it is -------------------------------------------------------------------------------------------
cat >"$dir/build" <<'TEXT'
set -euo pipefail
. script/lib.sh
. script/stack.sh
state=$1
build_programs
TEXT
check "at a terminal it shows how far it is" \
    run env PATH="$dir/bin:$PATH" script -qec "bash $dir/build $dir" "$dir/out"
check "as make says it" said 'building rtbatch-handler 37 %'
check "as ninja says it" said 'building rtbatch-handler 50 %'
env PATH="$dir/bin:$PATH" bash "$dir/build" "$dir" >"$dir/out" 2>&1 </dev/null
check "elsewhere it says one line" [ "$(wc -l <"$dir/out")" = 1 ]
check "the log has all of it" grep -q 'Building CXX object' "$dir/build.log"

[ "$failures" -eq 0 ]
