# For tests that are shell scripts. Sourced by bash, with $dir for a file of its own.
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154  # failures is read, and dir set, by those who source this

failures=0
# check WHAT COMMAND...: counts a failure, and shows what the command said.
check() {
    local what=$1
    shift
    if "$@" >"$dir/check" 2>&1; then echo "ok: $what"; else
        echo "FAILED: $what"
        cat "$dir/check"
        failures=$((failures + 1))
    fi
}
