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

# keep_off LOG SERVICE PACKAGE: of a package that install_packages has just installed, for its `missing` and `as_root`.
keep_off() {
    [[ " ${missing[*]} " == *" $3 "* ]] || return 0
    say "the system's own $2 stays off: systemctl enable --now $2 starts it"
    "${as_root[@]}" systemctl disable "$2" >>"$1" 2>&1 || true
}

# install_packages LOG PACKAGE...: installs what is missing, as root or through sudo. Asks the network for nothing when nothing
# is missing.
install_packages() {
    local install_log=$1
    shift
    command -v dpkg-query >/dev/null ||
        fail "this machine has no dpkg: install the counterparts of these Debian packages yourself: $*"
    local missing as_root=() policy=/usr/sbin/policy-rc.d made_policy=
    mapfile -t missing < <(missing_packages "$@")
    [ "${#missing[@]}" -gt 0 ] || return 0
    say "installing ${missing[*]}"
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            fail "these packages are missing, and only root may install them: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    # Debian starts a service right after installing it. We run nginx ourselves, and port 80 is not ours to take.
    if [ ! -e "$policy" ]; then
        printf '#!/bin/sh\nexit 101\n' | "${as_root[@]}" tee "$policy" >/dev/null
        "${as_root[@]}" chmod 755 "$policy"
        made_policy=yes
    fi
    local ok=yes
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" \
        </dev/null >"$install_log" 2>&1 ||
        { "${as_root[@]}" apt-get update -q </dev/null >>"$install_log" 2>&1 &&
            "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
                "${missing[@]}" </dev/null >>"$install_log" 2>&1; } || ok=
    if [ -n "$made_policy" ]; then
        "${as_root[@]}" rm -f "$policy"
    fi
    if [ -n "$ok" ] && [ -d /run/systemd/system ]; then
        keep_off "$install_log" nginx nginx-light
        keep_off "$install_log" mariadb mariadb-server
        keep_off "$install_log" lighttpd lighttpd
        keep_off "$install_log" fcgiwrap fcgiwrap
        keep_off "$install_log" prometheus prometheus
    fi
    [ -n "$ok" ] || { tail -n 15 "$install_log" >&2; fail "the packages could not be installed; the log is above"; }
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
