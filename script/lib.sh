# What script/server and script/test share. Sourced by bash, from the top of the checkout.
# shellcheck shell=bash
# shellcheck disable=SC2034  # the lists are for those who source this

# What building needs, and what running needs.
RTBATCH_BUILD_PACKAGES=(g++ cmake make pkg-config libfcgi-dev libpoco-dev libssl-dev zlib1g-dev
    libsqlite3-dev libtidy-dev libseccomp-dev libutf8proc-dev prometheus-cpp-dev catch2)
RTBATCH_RUN_PACKAGES=(nginx-light curl ca-certificates)
RTBATCH_TEST_PACKAGES=(mariadb-server faketime galera-4 rsync iproute2 procps systemd sudo cron openssl nodejs npm python3
    python3-jsonschema python3-yaml sqlite3 ccache ninja-build clang-format clang-tidy
    shellcheck mandoc lighttpd apache2-bin fcgiwrap spawn-fcgi multiwatch prometheus)

# What was compiled in one checkout serves every other one, wherever it lies.
export CCACHE_BASEDIR=$PWD CCACHE_NOHASHDIR=1

say() { printf '%s\n' "$*"; }
warn() { printf '%s\n' "$*" >&2; }
fail() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# The packages among "$@" that are not installed. Any nginx will do for nginx-light, and any npm, for a nodejs that is not Debian's
# brings its own and cannot be installed beside Debian's.
missing_packages() {
    local package
    for package in "$@"; do
        if [ "$package" = nginx-light ] && [ -x /usr/sbin/nginx ]; then
            continue
        fi
        if [ "$package" = npm ] && command -v npm >/dev/null; then
            continue
        fi
        if ! dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok installed$'; then
            printf '%s\n' "$package"
        fi
    done
}

# The services that Debian starts with a package, PACKAGE SERVICE. We start them ourselves; those of a package that was here
# before are the operator's.
RTBATCH_SERVICES=("nginx-light nginx" "mariadb-server mariadb" "lighttpd lighttpd" "fcgiwrap fcgiwrap" "prometheus prometheus")

# The file that tells Debian's packages whether they may start their services. The tests have one of their own.
POLICY_RC_D=${POLICY_RC_D:-/usr/sbin/policy-rc.d}

# install_as_root POLICY_FILE SERVICES PACKAGE...: what root does of install_packages, in a process of its own, so that one
# `sudo` is enough and what is made is also removed, however it ends. Debian starts a service right after installing it, but we run
# nginx ourselves, and port 80 is not ours to take: so a policy file forbids that meanwhile, unless the operator has one.
install_as_root() {
    local policy=$1 services=$2 mark='# Of script/server or script/test of rtbatch, while it installs packages. Else it is a leftover: remove it.'
    local made='' told='' apt='' service
    shift 2
    # Told to stop: so is apt-get, as a Ctrl-C would, which it heeds while it loads and not while dpkg works. The policy file stays
    # until it has ended.
    stop_apt() {
        told+=x
        [ -z "$apt" ] || kill -INT -- "-$apt" 2>/dev/null || kill -TERM "$apt" 2>/dev/null || true
    }
    trap '[ -z "$made" ] || rm -f "$policy"' EXIT
    trap stop_apt INT TERM HUP
    apt_get() {
        local before status
        [ -z "$told" ] || exit 1
        env --default-signal=INT,QUIT DEBIAN_FRONTEND=noninteractive \
            setsid apt-get -q -o DPkg::Lock::Timeout=600 "$@" </dev/null 8<&- &
        apt=$!
        [ -z "$told" ] || stop_apt
        while :; do   # a signal ends a wait early
            before=$told status=0
            wait "$apt" || status=$?
            [ "$told" != "$before" ] || break
        done
        apt=
        [ -z "$told" ] || exit 1
        return "$status"
    }
    # One at a time, or one would take the other's file for the operator's, or remove it too early. The lock is the folder: nothing stays.
    exec 8<"${policy%/*}" || exit 1
    until flock -n 8; do
        [ -z "$told" ] || exit 1
        sleep 0.2
    done
    if [ ! -e "$policy" ] || grep -qxF -- "$mark" "$policy"; then
        made=yes
        { printf '#!/bin/sh\n%s\nexit 101\n' "$mark" >"$policy" && chmod 755 "$policy"; } || exit 1
    fi
    apt_get install -y --no-install-recommends "$@" ||
        { apt_get update && apt_get install -y --no-install-recommends "$@"; } || exit 1
    if [ -d /run/systemd/system ]; then
        for service in $services; do systemctl disable "$service" || true; done
    fi
    exit 0
}

# find_sudo PACKAGE...: how to become root, for its `as_root`; or says what to do without.
find_sudo() {
    local said instead="let an administrator run 'apt-get install $*', and start this again"
    command -v sudo >/dev/null ||
        fail "packages are missing that only root may install, and this machine has no sudo: $instead"
    as_root=(sudo)
    said=$(sudo -n true 2>&1 </dev/null) && return 0
    { : </dev/tty; } 2>/dev/null ||
        fail "packages are missing, and sudo does not let you install them without a terminal (${said##*$'\n'}): $instead"
    say "packages have to be installed, with sudo"
    sudo true || fail "packages are missing, and sudo does not let you install them: $instead"
}

# install_packages LOG PACKAGE...: installs what is missing, as root or through sudo. Asks the network for nothing when nothing
# is missing. A signal stops it in order, and is then the caller's to handle.
install_packages() {
    local install_log=$1
    shift
    command -v dpkg-query >/dev/null ||
        fail "this machine has no dpkg: install the counterparts of these Debian packages yourself: $*"
    local missing as_root=() services=() service pair signal caught='' before child='' status traps
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    [ "$(id -u)" -eq 0 ] || find_sudo "${missing[@]}"
    for pair in "${RTBATCH_SERVICES[@]}"; do
        [[ " ${missing[*]} " != *" ${pair% *} "* ]] || services+=("${pair#* }")
    done
    say "installing ${missing[*]}: this may take some minutes (the log is $install_log)"

    traps=$(trap -p INT TERM HUP)
    for signal in INT TERM HUP; do
        # shellcheck disable=SC2064  # the signal's name is meant as it is now
        [[ $traps == *"trap -- '' SIG$signal"* ]] ||
            trap "caught+=' $signal'; kill -TERM \"\$child\" 2>/dev/null || true" "$signal"
    done
    # Bash lets a background process ignore Ctrl-C. Root's must not, for its user cannot send it another signal.
    # shellcheck disable=SC2016
    "${as_root[@]}" env --default-signal=INT,QUIT bash -c '. script/lib.sh && install_as_root "$@"' \
        script/lib.sh "$POLICY_RC_D" "${services[*]}" "${missing[@]}" </dev/null >"$install_log" 2>&1 &
    child=$!
    [ -z "$caught" ] || kill -TERM "$child" 2>/dev/null || true
    while :; do   # a signal ends a wait early
        before=$caught status=0
        wait "$child" || status=$?
        [ "$caught" != "$before" ] || break
    done
    trap - INT TERM HUP
    eval "$traps"
    [ -z "$caught" ] || kill -s "${caught##* }" "$BASHPID"

    [ "$status" -eq 0 ] || { tail -n 15 "$install_log" >&2; fail "the packages could not be installed; the log is above"; }
    if [ -d /run/systemd/system ]; then
        for service in "${services[@]}"; do
            say "the system's own $service stays off: systemctl enable --now $service starts it"
        done
    fi
}

# How many compilers to run at once: one a core, and 1.2 GB of free memory for each.
build_jobs() {
    local cores memory_kb jobs
    cores=$(nproc)
    memory_kb=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
    jobs=$((memory_kb / 1200000))
    [ "$jobs" -le "$cores" ] || jobs=$cores
    [ "$jobs" -ge 1 ] || jobs=1
    printf '%s\n' "$jobs"
}

# check_build_dir DIR: whether we may build there, or says what to do: cmake's words do not.
check_build_dir() {
    local cache=$1/CMakeCache.txt made_for
    if ! mkdir -p "$1" 2>/dev/null || [ ! -w "$1" ] || { [ -e "$cache" ] && [ ! -w "$cache" ]; }; then
        fail "$PWD/$1 cannot be written as $(id -un), for this checkout is of $(stat -c %U .): make a copy of your own" \
            "(cp -r ${PWD@Q} ~/rtbatch) and run that"
    fi
    [ -e "$cache" ] || return 0
    made_for=$(sed -n 's/^CMAKE_HOME_DIRECTORY:INTERNAL=//p' "$cache")
    [ "$made_for" -ef . ] ||
        fail "$PWD/$1 was made for the checkout $made_for, not for this one: remove it (rm -r ${1@Q}) and start again"
}

# configure PRESET BUILD_DIR OPTION...: Ninja and ccache where they are installed; a build directory keeps its generator.
configure() {
    local preset=$1 dir=$2
    shift 2
    local options=("$@")
    if [ ! -e "$dir/CMakeCache.txt" ]; then
        if command -v ninja >/dev/null; then options+=(-G Ninja); else options+=(-G 'Unix Makefiles'); fi
        if command -v ccache >/dev/null; then options+=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi
    fi
    cmake --preset "$preset" "${options[@]}"
}
