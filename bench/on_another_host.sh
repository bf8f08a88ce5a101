#!/bin/bash
# on_another_host.sh DIR PROGRAM [ARGUMENT...]: becomes the program, in a network and with a host name of its own, so that other processes
# take it for one of another host. Unix sockets work as here; of the network it reaches the two upstreams of its environment, which are
# on loopback, through sockets in DIR. Needs root, socat and iproute2. What it starts ends with it.
set -euo pipefail

relays=$1
shift
ports=()
for url in "$RTBATCH_RT_URL" "$RTBATCH_WIKIDATA_URL"; do
    authority=${url#http://}
    authority=${authority%%/*}
    ports+=("${authority##*:}")
done
for port in "${ports[@]}"; do
    setpriv --pdeathsig KILL socat "UNIX-LISTEN:$relays/$port,fork" "TCP:127.0.0.1:$port" &
done

# shellcheck disable=SC2016  # the inner shell expands it
exec unshare --net --uts bash -c '
    relays=$1 ports=$2
    shift 2
    hostname rtbatch-second
    ip link set lo up
    for port in $ports; do
        setpriv --pdeathsig KILL socat "TCP-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr" "UNIX-CONNECT:$relays/$port" &
    done
    for port in $ports; do
        for _ in {1..200}; do
            [ -z "$(ss -Hltn "sport = :$port")" ] || [ ! -S "$relays/$port" ] || break
            sleep 0.01
        done
    done
    exec "$@"' bash "$relays" "${ports[*]}" "$@"
