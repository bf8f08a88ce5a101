#!/bin/bash
# How script/server and script/test install what is missing, with stand-ins for dpkg-query, apt-get and sudo: nothing is installed
# here, and the policy file is one of our own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
dir=$(mktemp -d)
kill_started() {
    local file pid
    for file in "$dir"/*.pid; do
        [ -e "$file" ] || continue
        pid=$(cat "$file")
        # Its number may be another's by now.
        ! grep -qsF -- "$dir/" "/proc/$pid/cmdline" || kill -KILL "$pid" 2>/dev/null || true
    done
}
finish() {
    kill_started
    rm -rf "$dir"
}
trap finish EXIT

# shellcheck source=tests/support/check.sh
. tests/support/check.sh

# until_true COMMAND...: within 20 s.
until_true() {
    local i
    for ((i = 0; i < 400; i++)); do
        if "$@"; then return 0; fi
        sleep 0.05
    done
    return 1
}

# ---- the stand-ins -------------------------------------------------------------------------------------------
mkdir "$dir/bin" "$dir/sbin" "$dir/installed"
export STANDIN=$dir POLICY_RC_D=$dir/sbin/policy-rc.d PATH="$dir/bin:$PATH"
stand_in() {
    cat >"$dir/bin/$1"
    chmod 755 "$dir/bin/$1"
}
stand_in dpkg-query <<'TEXT'
#!/bin/bash
[ ! -e "$STANDIN/installed/${!#}" ] || echo 'install ok installed'
TEXT
# It installs when the file `go` is there. At a Ctrl-C it ends, as apt-get does that still loads; with the file `busy` it does not,
# as apt-get does while dpkg works.
stand_in apt-get <<'TEXT'
#!/bin/bash
echo "$*" >>"$STANDIN/calls"
[[ " $* " == *" install "* ]] || exit 0
echo $$ >"$STANDIN/apt.$$.pid"
trap 'touch "$STANDIN/interrupted"; [ -e "$STANDIN/busy" ] || exit 100' INT
"$POLICY_RC_D" || echo $? >"$STANDIN/policy-said"
touch "$STANDIN/apt-runs"
until [ -e "$STANDIN/go" ]; do sleep 0.05; done
[ ! -e "$STANDIN/broken" ] || exit 100
for word in "$@"; do [[ $word == -* ]] || touch "$STANDIN/installed/$word"; done
TEXT
stand_in sudo <<'TEXT'
#!/bin/bash
echo "sudo $*" >>"$STANDIN/calls"
[ ! -e "$STANDIN/sudo-refuses" ] || { echo "sudo: a password is required" >&2; exit 1; }
[ "$1" != -n ] || shift
exec "$@"
TEXT
stand_in id <<'TEXT'
#!/bin/bash
if [ -e "$STANDIN/no-root" ]; then echo 1000; else echo 0; fi
TEXT

anew() {
    kill_started
    rm -rf "$dir"/installed/* "$dir"/{calls,apt-runs,go,busy,broken,interrupted,policy-said,sudo-refuses,no-root} "$dir"/*.{pid,out} "$POLICY_RC_D"
}

# A script that installs, as script/server and script/test do, with traps of its own.
cat >"$dir/caller" <<'TEXT'
set -euo pipefail
. script/lib.sh
trap 'echo "its own trap for the end"' EXIT
trap 'echo "its own trap for TERM"; exit 7' TERM
before=$(trap -p)
install_packages "$STANDIN/$1.log" alpha beta
[ "$(trap -p)" = "$before" ] && echo "its traps are as before"
echo "all installed"
TEXT

# start NAME: the caller in the background, in a session of its own, where a Ctrl-C is not ignored.
start() {
    setsid env --default-signal=INT,QUIT,HUP bash "$dir/caller" "$1" >"$dir/$1.out" 2>&1 </dev/null &
    echo $! >"$dir/$1.pid"
}
started() { cat "$dir/$1.pid"; }
said() { grep -qF -- "$2" "$dir/$1.out"; }
there() { [ -e "$1" ]; }
gone() { [ ! -e "$1" ]; }
ended() { ! kill -0 "$(started "$1")" 2>/dev/null; }
# ends_with NAME STATUS
ends_with() {
    local status=0
    until_true ended "$1" || return 1
    wait "$(started "$1")" || status=$?
    [ "$status" -eq "$2" ] || { echo "exit status $status"; return 1; }
}
apt_gone() { ! pgrep -f -- "$dir/bin/apt-get" >/dev/null; }

# ---- the tests -----------------------------------------------------------------------------------------------
anew
start one
check "apt-get is called" until_true there "$dir/apt-runs"
check "meanwhile no service may start" [ "$(cat "$dir/policy-said")" = 101 ]
touch "$dir/go"
check "it installs" ends_with one 0
check "it says so first, and that it may last" said one "installing alpha beta: this may take some minutes"
check "it waits for another apt-get" grep -q -- '-o DPkg::Lock::Timeout=' "$dir/calls"
check "afterwards services may start" gone "$POLICY_RC_D"
check "the caller's traps are as before" said one "its traps are as before"
rm "$dir/calls"
start again
check "when nothing is missing it does nothing" ends_with again 0
check "and calls nothing" gone "$dir/calls"

for as in root sudo; do
    for signal in INT TERM HUP; do
        anew
        [ "$as" = root ] || touch "$dir/no-root"
        start one
        until_true there "$dir/apt-runs"
        kill -s "$signal" "$(started one)"
        status=$((128 + $(kill -l "$signal")))
        [ "$signal" != TERM ] || status=7
        check "as $as, SIG$signal ends it" ends_with one "$status"
        check "as $as, SIG$signal leaves no policy file" gone "$POLICY_RC_D"
        check "as $as, SIG$signal leaves no apt-get" apt_gone
        check "as $as, SIG$signal installs nothing" gone "$dir/installed/alpha"
        check "as $as, SIG$signal runs the caller's trap for the end" said one "its own trap for the end"
        [ "$signal" != TERM ] || check "as $as, and that for SIGTERM" said one "its own trap for TERM"
    done
done

anew
touch "$dir/busy"
start one
until_true there "$dir/apt-runs"
kill -INT "$(started one)"
until_true there "$dir/interrupted"
check "while dpkg works on, the policy file stays" there "$POLICY_RC_D"
check "and it waits" kill -0 "$(started one)"
touch "$dir/go"
check "then it ends" ends_with one 130
check "and the policy file is gone" gone "$POLICY_RC_D"

# At a terminal a Ctrl-C reaches all of them at once.
anew
mkfifo "$dir/keys"
SHELL=/bin/bash setsid env --default-signal=INT,QUIT script -qec "bash $dir/caller one" /dev/null <"$dir/keys" >"$dir/one.out" 2>&1 &
echo $! >"$dir/one.pid"
exec 7>"$dir/keys"
until_true there "$dir/apt-runs"
printf '\003' >&7
check "a Ctrl-C at the terminal ends it" until_true ended one
exec 7>&-
check "and leaves no policy file" gone "$POLICY_RC_D"
check "and no apt-get" apt_gone
check "and runs the caller's trap for the end" said one "its own trap for the end"

for how in installs interrupted; do
    anew
    printf '#!/bin/sh\nexit 104\n' >"$POLICY_RC_D"
    chmod 711 "$POLICY_RC_D"
    start one
    until_true there "$dir/apt-runs"
    check "the operator's policy holds meanwhile" [ "$(cat "$dir/policy-said")" = 104 ]
    if [ "$how" = installs ]; then touch "$dir/go"; else kill -TERM "$(started one)"; fi
    until_true ended one
    check "the operator's policy stays as it was ($how)" [ "$(cat "$POLICY_RC_D") $(stat -c %a "$POLICY_RC_D")" = $'#!/bin/sh\nexit 104 711' ]
done

anew
start one
until_true there "$dir/apt-runs"
rm "$dir/apt-runs"
start two
check "a second one begins too" until_true said two "installing alpha beta"
until_true pgrep -f "install_as_root.*$POLICY_RC_D" >/dev/null
check "and waits for the first" [ "$(wc -l <"$dir/calls")" = 1 ]
kill -TERM "$(started one)"
check "the first is interrupted" ends_with one 7
check "then the second goes on" until_true there "$dir/apt-runs"
check "under a policy file" there "$POLICY_RC_D"
touch "$dir/go"
check "and installs" ends_with two 0
check "and removes the policy file" gone "$POLICY_RC_D"

anew
start one
until_true there "$dir/apt-runs"
rm "$dir/apt-runs"
start two
until_true said two "installing alpha beta"
kill -TERM "$(started two)"
check "one that waits can be interrupted" ends_with two 7
check "and leaves the other's policy file" there "$POLICY_RC_D"
touch "$dir/go"
check "which removes it" ends_with one 0
check "in the end" gone "$POLICY_RC_D"

anew
start one
until_true there "$dir/apt-runs"
pkill -KILL -s "$(started one)"
kill -KILL "$(cat "$dir"/apt.*.pid)"
until_true ended one
check "killed with -9, it cannot remove the policy file" there "$POLICY_RC_D"
touch "$dir/go"
start two
check "the next one" ends_with two 0
check "knows it for a leftover and removes it" gone "$POLICY_RC_D"

anew
touch "$dir/go" "$dir/broken"
start one
check "when apt-get fails, so does it" ends_with one 1
check "after another try with new lists" [ "$(grep -c install "$dir/calls") $(grep -c update "$dir/calls")" = "2 1" ]
check "it says so" said one "the packages could not be installed"
check "and leaves no policy file" gone "$POLICY_RC_D"

anew
touch "$dir/no-root" "$dir/go"
start one
check "with sudo it installs" ends_with one 0
check "asking for it once" [ "$(grep -c '^sudo ' "$dir/calls")" = 2 ]   # once whether it may

anew
touch "$dir/no-root" "$dir/sudo-refuses"
start one
check "where sudo refuses, it ends" ends_with one 1
check "and says what to do" said one "let an administrator run 'apt-get install alpha beta'"
check "with sudo's reason" said one "a password is required"
check "and touches nothing" gone "$POLICY_RC_D"

anew
touch "$dir/no-root"
rm "$dir/bin/sudo"
mkdir "$dir/without"
for tool in bash env cat grep mktemp setsid; do ln -s "$(command -v "$tool")" "$dir/without/"; done
PATH=$dir/bin:$dir/without start one
check "where there is no sudo, it ends" ends_with one 1
check "and says so" said one "this machine has no sudo: let an administrator run 'apt-get install alpha beta'"

[ "$failures" -eq 0 ] || { tail -n 5 "$dir"/*.out; exit 1; }
