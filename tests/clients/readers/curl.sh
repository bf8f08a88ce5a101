#!/bin/bash
# curl -N, read by the shell.
set -u -o pipefail
url=$1 key=$2 ids=$3
trust=()
[ -z "${4:-}" ] || trust=(--cacert "$4")
body='{"imdbIds":["'${ids//,/'","'}'"]}'
separator=

take() {
    printf '%s{"event":"%s","data":%s}' "$separator" "$1" "$2"
    separator=,
}

printf '{"events":['
curl -s -N --fail "${trust[@]}" "$url" -H "X-API-Key: $key" -H 'Content-Type: application/json' -d "$body" |
    while IFS= read -r line; do
        case $line in
            'event: '*) event=${line#event: } ;;
            'data: '*) take "$event" "${line#data: }" ;;
        esac
    done
status=$?
[ "$status" = 0 ] && failure=null || failure="\"curl's exit status $status\""
printf '],"failure":%s}\n' "$failure"
