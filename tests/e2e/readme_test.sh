#!/bin/bash
# The README's way, line by line and in its order, as root on a fresh Debian with a real systemd (fresh_machine.sh):
# readme_test.sh BUILD_DIR. What it cannot run for want of a network (apt-get, IMDb's file, certbot) it has commands of its own for,
# and the two sites are the stand-in. Exits with 77 where there can be no such machine.
set -euo pipefail
build=$(cd "$1" && pwd)
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
source=$PWD
name=rtbatch.example.org
skip() { echo "not tested: $1"; exit 77; }
[ "$(id -u)" -eq 0 ] || skip "it takes root to run a systemd of our own"
cgroups=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/mounts)
[ -n "$cgroups" ] || skip "no cgroup2 is mounted"
unshare --mount --pid --fork --net --cgroup true 2>/dev/null || skip "there can be no namespaces here"

dir=$(mktemp -d)
group=$cgroups/rtbatch-readme-$$
machine=
finish() {
    power_off
    rm -rf "$dir"
}
trap finish EXIT

power_off() {
    [ -n "$machine" ] || return 0
    kill -KILL "$machine" 2>/dev/null || true
    wait "$machine" 2>/dev/null || true
    machine=
    local i
    for ((i = 0; i < 100; i++)); do
        find "$group" -depth -type d -exec rmdir {} + 2>/dev/null || true
        [ -e "$group" ] || return 0
        sleep 0.1
    done
}

# inside COMMAND...: on the machine, as root in a shell that has just been opened, in the checkout.
inside() {
    nsenter --target "$systemd" --mount --pid --cgroup --net --uts --ipc -- \
        env -i -C "$source" HOME=/root SUDO_EDITOR=/usr/local/sbin/editor DATABASE="${database:-}" \
        PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin "$@"
}

# until_true SECONDS COMMAND...
until_true() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        [ "$SECONDS" -lt "$end" ] || { echo "FAILED: it never became true: $*"; return 1; }
        sleep 0.1
    done
}

power_on() {
    mkdir -p "$dir/machine"
    tests/support/fresh_machine.sh "$dir/machine" "$group" "$source" --own-network >"$dir/systemd.log" 2>&1 &
    machine=$!
    until_true 10 pgrep -P "$machine" -x systemd   # before that it has other children, which end at once
    systemd=$(pgrep -P "$machine" -x systemd)
    until_true 30 inside systemctl is-active --quiet multi-user.target
    root=/proc/$systemd/root

    # What there is no network for. A line of the README that wants a package fails when script/server or script/test did not install it.
    cat >"$root/usr/local/sbin/apt-get" <<'TEXT'
#!/bin/bash
[ "$1 $2" = "install -y" ] && shift 2 && exec dpkg -s "$@" >/dev/null
TEXT
    cat >"$root/usr/local/sbin/curl" <<'TEXT'
#!/bin/bash
[ "$*" != "-O https://datasets.imdbws.com/title.ratings.tsv.gz" ] || exec cp /srv/title.ratings.tsv.gz .
exec /usr/bin/curl "$@"
TEXT
    cat >"$root/usr/local/sbin/editor" <<'TEXT'
#!/bin/bash
# What a person does in the editor.
set -e
if grep -q '^#http.contact' "$1"; then
    . /srv/sites
    printf '%s\n' "http.contact = you@example.org" "wikidata.url = $wikidata" "rt.url = $rt" >>"$1"
    [ -z "$DATABASE" ] || printf '%s\n' "$DATABASE" >>"$1"
else
    grep -q CHANGE "$1"   # the example's name and certificate are ours
fi
TEXT
    chmod +x "$root"/usr/local/sbin/{apt-get,curl,editor}
    printf 'tconst\taverageRating\tnumVotes\ntt0468569\t9.0\t2900000\ntt0111161\t9.3\t2800000\n' | gzip >"$root/srv/title.ratings.tsv.gz"
    # The certificate that certbot would make, from somebody whom the machine trusts.
    mkdir -p "$root/etc/letsencrypt/live/$name"
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj "/CN=$name" -addext "subjectAltName=DNS:$name" \
        -keyout "$root/etc/letsencrypt/live/$name/privkey.pem" -out "$root/etc/letsencrypt/live/$name/fullchain.pem" 2>/dev/null
    cat "$root/etc/letsencrypt/live/$name/fullchain.pem" >>"$root/etc/ssl/certs/ca-certificates.crt"
    echo "127.0.0.1 localhost $(hostname) $name" >"$root/etc/hosts"
    # The two sites.
    : >"$dir/upstreams.log"   # here and now: the machine before this one said "ready" in it
    inside "$build/bin/rtbatch-upstreams" >>"$dir/upstreams.log" 2>&1 &
    until_true 20 grep -qs '^ready ' "$dir/upstreams.log"
    sed -n 's/^ready //p' "$dir/upstreams.log" | tr ' ' '\n' | grep -E '^(rt|wikidata)=' >"$root/srv/sites"
}

# blocks FILE HEADING: the commands below that heading, each block after a line "#---".
blocks() {
    awk -v heading="## $2" '
        /^## / { there = ($0 == heading) }
        /^```/ { inside = there && $0 == "```sh"; if (inside) { print "#---" } next }
        inside' "$1"
}

# shellcheck source=tests/support/check.sh
. tests/support/check.sh

# follow FILE HEADING [WITHOUT]: runs those lines, one after another, for somebody whose umask lets nobody see anything; those that contain WITHOUT are left out. What they print goes to
# $dir/said.
follow() {
    local line lines
    : >"$dir/said"
    lines=$(blocks "$1" "$2")
    [ -n "$lines" ] || { echo "FAILED: $1 has no commands under $2"; exit 1; }
    while IFS= read -r line; do
        if [ "$line" = "#---" ] || { [ -n "${3:-}" ] && [[ $line == *"$3"* ]]; }; then continue; fi
        echo "\$ $line"
        if ! inside bash -c "umask 077; $line" </dev/null >"$dir/out" 2>&1; then
            cat "$dir/out"
            inside journalctl --no-pager -n 30 || true
            echo "FAILED: the line above of $1, $2"
            exit 1
        fi
        cat "$dir/out" >>"$dir/said"
    done <<<"$lines"
}

key() { grep -m1 -o 'rtb_[0-9a-f]\{64\}' "$dir/said"; }

# A batch over HTTPS, of a film that is fetched and one that there is not.
ask() {
    inside curl -sS -N -m 30 "https://$name/api/v1/movies/batch" -H "X-API-Key: $1" -H 'Content-Type: application/json' \
        -d '{"imdbIds":["tt0468569","tt9000099"]}'
}
batch_is_whole() { ask "$1" | tee /dev/stderr | grep -q '^data: {"total":2,"cached":[01],"fetched":[01],"errors":1,'; }
handlers() { inside pgrep -c -x rtbatch-handler; }
handlers_are() { [ "$(handlers)" = "$1" ]; }
mode() { inside stat -c '%a %U:%G' "$1"; }

# ---- on SQLite, all of it ---------------------------------------------------------------------------------------------------
power_on
follow README.md "Go live" mariadb
key=$(key)
check "a batch comes over HTTPS" batch_is_whole "$key"
check "the programs are stripped" [ "$(inside stat -c %s /usr/local/bin/rtbatch-handler)" -lt 8000000 ]
check "whoever looks may read what is installed" inside setpriv --reuid nobody --clear-groups \
    ls /usr/local/share/rtbatch/nginx/rtbatch.site.conf /usr/local/share/man/man8/rtbatch-admin.8
check "the settings are root's and rtbatch's only" [ "$(mode /etc/rtbatch/rtbatch.properties)" = "640 root:rtbatch" ]
check "the database is rtbatch's, though root made it" [ "$(inside stat -c %U /var/lib/rtbatch/var/rtbatch.db)" = rtbatch ]
check "the man pages are there" inside ls /usr/local/share/man/man8/rtbatch-{handler,admin,refresher,page-reader}.8
inside install -m 600 /dev/null /etc/rtbatch/environment
check "a file of settings that nobody reads is refused" inside bash -c '! rtbatch-admin status 2>&1 | tee /dev/stderr | grep -v "environment is not read"'
inside rm /etc/rtbatch/environment
check "who may not read the settings is told so" inside bash -c 'setpriv --reuid nobody --clear-groups rtbatch-admin status 2>&1 | tee /dev/stderr | grep "may not read it"'

follow README.md "Keep it warm"
check "the films of the list are to be fetched" grep -q tt0111161 "$dir/said"
check "the timers wait" inside systemctl is-active rtbatch-refresher.timer rtbatch-sync-ids.timer
check "a run fetches them" inside bash -c 'rtbatch-admin show tt0111161 | tee /dev/stderr | grep -q "Shawshank"'
# shellcheck disable=SC2016
check "cron takes what stands in the text" inside bash -c "$(grep -o 'sudo cp [^`]*/cron/rtbatch /etc/cron.d/' README.md)"

follow README.md "Several processes, several hosts"
check "four handlers run" until_true 10 handlers_are 4
check "they answer" batch_is_whole "$key"

inside systemctl disable --now rtbatch.target rtbatch.socket 'rtbatch@1' 'rtbatch@2' 'rtbatch@3' 'rtbatch@4'
inside userdel rtbatch
inside rm -rf /var/lib/rtbatch /run/rtbatch
# Its last line stays in the foreground, as it says.
lines=$(blocks docs/operators.md "Without systemd")
last=$(tail -n 1 <<<"$lines")
while IFS= read -r line; do
    [ "$line" = "#---" ] || { echo "\$ $line"; inside bash -c "$line" </dev/null; }
done < <(head -n -1 <<<"$lines")
inside rtbatch-admin migrate
echo "\$ $last"
inside bash -c "$last" </dev/null >"$dir/spawned.log" 2>&1 &
check "spawn-fcgi and multiwatch run four" until_true 10 handlers_are 4
key=$(inside rtbatch-admin keys create --name other 2>/dev/null | head -n 1)
check "and they answer" until_true 10 batch_is_whole "$key"
inside pkill -TERM -x multiwatch
check "and stop" until_true 20 inside bash -c '! pgrep -x rtbatch-handler'

follow docs/operators.md "Taking it away"
# shellcheck disable=SC2016
check "nothing is left but the settings" inside bash -c 'test -e /etc/rtbatch/rtbatch.properties && left=$(find /usr/local /etc -name "*rtbatch*" -not -path "/etc/rtbatch*" \
    -not -path "/etc/nginx/*" -not -path "/etc/letsencrypt/*" -not -path /etc/cron.d/rtbatch) && echo "$left" && [ -z "$left" ]'
power_off

# ---- on MariaDB -------------------------------------------------------------------------------------------------------------
database=$(grep -o 'database\.url = mysql://[^`]*' README.md | head -n 1)
power_on
follow README.md "Go live"
check "a batch comes from MariaDB" batch_is_whole "$(key)"
# shellcheck disable=SC2016
check "which has the row" inside bash -c '[ "$(mariadb -N -e "SELECT COUNT(*) FROM rtbatch.rt_cache")" = 1 ]'

[ "$failures" -eq 0 ]
