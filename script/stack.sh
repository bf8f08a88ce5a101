# The programs that script/server starts and watches.
# shellcheck shell=bash
# shellcheck disable=SC2154  # bin, key, live, port, run_dir, started_in and state are script/server's

declare -A child_name=()   # by process id

# Nothing listens there, as far as a connection can tell.
port_taken() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# own_server PORT: the state directory of the script/server that has this port, when it is one of this user.
own_server() {
    local file its_port its_state
    for file in "${TMPDIR:-/tmp}"/rtbatch.*/server; do
        if [ ! -O "$file" ] || ! read -r its_port its_state <"$file"; then continue; fi
        # One that was killed with -9 leaves its file, and no lock.
        if [ "$its_port" = "$1" ] && [ -e "$its_state/lock" ] && ! flock -n "$its_state/lock" true; then
            printf '%s\n' "$its_state"
            return 0
        fi
    done
    return 1
}

# show_progress WHAT: at a terminal, one line that is written anew with how far make or ninja is, read from their output.
show_progress() {
    local line percent='' shown=''
    if [ ! -t 1 ]; then
        cat >/dev/null
        return
    fi
    while IFS= read -r line; do
        if [[ $line =~ ^\[\ *([0-9]+)%\] ]]; then
            percent=${BASH_REMATCH[1]}
        elif [[ $line =~ ^\[([0-9]+)/([0-9]+)\] ]]; then
            percent=$((100 * BASH_REMATCH[1] / BASH_REMATCH[2]))
        fi
        if [ "$percent" != "$shown" ]; then
            shown=$percent
            printf '\r%s %s %%\033[K' "$1" "$percent"
        fi
    done
    printf '\r\033[K'
}

# Only what is run; the tests stay unbuilt.
build_programs() {
    local log=$state/build.log jobs target
    say "building: some minutes the first time (the log is $log)"
    configure release build >"$log" 2>&1 </dev/null || build_failed "$log"
    jobs=$(build_jobs)
    for target in rtbatch-page-reader rtbatch-handler rtbatch-refresher rtbatch-admin rtbatch-upstreams; do
        cmake --build build -j "$jobs" --target "$target" 2>&1 </dev/null | tee -a "$log" | show_progress "building $target" ||
            build_failed "$log"
    done
}

build_failed() {
    tail -n 30 "$1" >&2
    fail "the build failed; its whole log is $1"
}

# The key to use: the operator's, or one of our own that is kept from run to run.
choose_key() {
    if [ -n "${RTBATCH_AUTH_ADMIN_KEY:-}" ]; then
        printf '%s' "$RTBATCH_AUTH_ADMIN_KEY"
        return
    fi
    if [ ! -s "$state/key" ]; then
        (umask 077 && od -An -N24 -tx1 /dev/urandom | tr -d ' \n' >"$state/key.new")
        mv "$state/key.new" "$state/key"
    fi
    chmod 600 "$state/key"
    cat "$state/key"
}

# Writes all settings to the file that the programs started here read, so that what is started beside them with the same file
# sees the same: what we were given as RTBATCH_A_B_C, and what is chosen here.
write_settings() {
    local name value
    (
        umask 077
        for name in $(compgen -e RTBATCH_); do
            value=${!name}
            [ -n "$value" ] || continue
            name=${name#RTBATCH_}
            name=${name,,}
            printf '%s = %s\n' "${name/_/.}" "${value//\\/\\\\}"
        done >"$settings.new"
    )
    mv "$settings.new" "$settings"
    for name in $(compgen -e RTBATCH_); do unset "$name"; done
}

# shown PATH: short, as it may be typed where we were called.
shown() {
    local path=${1#"$started_in/"}
    printf '%q' "$path"
}

say_what_else() {
    local file
    file=$(shown "$settings")
    say "more: $(shown "$bin/rtbatch-admin") --config $file status"
    say "      $(shown "$bin/rtbatch-admin") --config $file doctor --url http://127.0.0.1:$port   # no refresher runs here: it says so"
    say "      $(shown "$bin/rtbatch-refresher") --config $file run --dry-run"
}

# start NAME COMMAND...: in the background, its output in a log of the state directory. It dies with us, however we end, and
# a Ctrl-C at the terminal reaches us alone, so that everything stops in its order.
start() {
    local name=$1
    shift
    : >"$state/$name.log"   # here and now, for what it says is waited for, and the last run said the same
    setsid setpriv --pdeathsig TERM "$@" >>"$state/$name.log" 2>&1 </dev/null 9>&- &
    child_name[$!]=$name
    eval "${name}_pid=$!"
}

child_runs() { kill -0 "$1" 2>/dev/null; }

# until_true SECONDS WHAT COMMAND...: waits for a condition, and fails when a program ends or the time is over.
until_true() {
    local end=$((SECONDS + $1)) what=$2
    shift 2
    until "$@"; do
        check_children
        [ "$SECONDS" -lt "$end" ] || fail "$what; the logs are in $state"
        sleep 0.05
    done
}

# Says which program has ended, with its last words, and ends us.
check_children() {
    local pid status
    for pid in "${!child_name[@]}"; do
        if ! child_runs "$pid"; then
            status=0
            wait "$pid" || status=$?
            tail -n 15 "$state/${child_name[$pid]}.log" >&2
            local name=${child_name[$pid]}
            unset "child_name[$pid]"
            fail "$name has ended with exit status $status; its last lines are above, its log is $state/$name.log"
        fi
    done
}

start_upstreams() {
    start upstreams "$bin/rtbatch-upstreams"
    until_true 20 "the stand-in does not start" grep -qs '^ready ' "$state/upstreams.log"
    local line
    line=$(grep -m1 '^ready ' "$state/upstreams.log")
    RTBATCH_RT_URL=$(sed -n 's/.* rt=\([^ ]*\).*/\1/p' <<<"$line")
    RTBATCH_WIKIDATA_URL=$(sed -n 's/.* wikidata=\([^ ]*\).*/\1/p' <<<"$line")
    export RTBATCH_RT_URL RTBATCH_WIKIDATA_URL
    export RTBATCH_RT_EDITORIAL_URL=${RTBATCH_RT_EDITORIAL_URL:-$RTBATCH_RT_URL}
    # As slow as the real ones feel, so that one sees the movies arrive.
    slow_down wikidata 300
    slow_down rt 250
    say "stand-in: no real site is asked. A program on this machine plays Wikidata and Rotten Tomatoes; its films are examples."
}

slow_down() {
    curl -sS -o /dev/null -m 5 -X PUT "$RTBATCH_RT_URL/_control/latency" -d "{\"upstream\":\"$1\",\"ms\":$2}"
}

start_nginx() {
    local user=
    if [ "$(id -u)" -eq 0 ]; then user='user root;'; fi   # else its workers could not reach the socket and the logs
    local files
    files=$(ulimit -Hn)
    if [ "$files" = unlimited ] || [ "$files" -gt 20000 ]; then files=20000; fi
    local conf name
    conf=$(<conf/nginx/rtbatch.local.conf.in)
    local -A values=([USER]=$user [WORKERS]=auto [FILES]=$files [CONNECTIONS]=$((files / 2)) [DIR]=$state
        [UPSTREAM]="upstream rtbatch { server \"unix:$run_dir/handler.sock\"; }" [PORT]=$port [TLS]='' [CONF]=$PWD/conf/nginx)
    for name in "${!values[@]}"; do
        conf=${conf//"@$name@"/"${values[$name]}"}
    done
    printf '%s\n' "$conf" >"$run_dir/nginx.conf"
    start nginx /usr/sbin/nginx -p "$state" -c "$run_dir/nginx.conf" -e stderr
}

is_ready() { [ "$(curl -s -o /dev/null -m 2 -w '%{http_code}' "http://127.0.0.1:$port/api/v1/ready")" = 200 ]; }

wait_until_ready() { until_true 30 "the service does not get ready" is_ready; }

# ask_batch ID...: one batch, on stdout as it comes. In the background, so that a signal need not wait for its end.
ask_batch() {
    local ids
    printf -v ids '"%s",' "$@"
    curl -sS -N -m 75 "http://127.0.0.1:$port/api/v1/movies/batch" -H @- -H 'Content-Type: application/json' \
        -d "{\"imdbIds\":[${ids%,}]}" <<<"X-API-Key: $key" &
    wait $!
}

# One batch of 30, of which ten were asked for before and one does not exist, as a client sees it.
show_a_batch() {
    local ids
    ids=(tt0111161 tt0068646 tt0468569 tt0071562 tt0110912 tt0120737 tt0109830 tt0137523 tt1375666 tt0133093
        tt0099685 tt0073486 tt0047478 tt0114369 tt0102926 tt0816692 tt0245429 tt0211915 tt0078748 tt0083658 tt0034583
        tt0033467 tt0054215 tt0113277 tt2582802 tt0119217 tt2543164 tt1160419 tt1801552)
    if [ -n "${live:-}" ]; then
        say "an example: three movies, for the sites' sake"
        ask_batch "${ids[@]:0:3}" || warn "the example failed; the logs are in $state"
        return
    fi
    say "an example: 30 movies, of which ten were asked for before and one does not exist"
    ask_batch "${ids[@]:0:10}" >/dev/null || warn "the first batch failed"
    ask_batch "${ids[@]}" tt9000099 || warn "the example failed; the logs are in $state"
}

# Until a program ends or we are told to stop.
watch_children() {
    while :; do
        wait -n || true
        check_children
    done
}

# nginx first, so that nobody is let in; then the handler, which lets open streams finish; then the stand-in.
stop_all() {
    local status=$? name pid var
    trap '' INT TERM HUP
    [ "$status" -ne 0 ] || say "stopped"
    for name in nginx handler upstreams; do
        var=${name}_pid
        pid=${!var:-}
        if [ -n "$pid" ] && child_runs "$pid"; then
            kill -TERM "$pid" 2>/dev/null || true
            wait "$pid" 2>/dev/null || true
        fi
    done
    rm -rf "$run_dir"
    exit "$status"
}
