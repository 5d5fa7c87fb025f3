#!/usr/bin/env bash
# Reads by id a second: web_api on SQLite, turn about with hello_server, which
# answers from a constant. It wants wrk (in Debian's packages), bc and curl.
#
#     tests/benches/web_api.sh [ROUNDS [SECONDS [THREADS]]]
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-7} seconds=${2:-3} threads=${3:-1}

cargo build --release --quiet --bin hello_server --bin web_api
built=${CARGO_TARGET_DIR:-target}/release
"$built/hello_server" 127.0.0.1:3101 >/dev/null &
RATE=100000000 TOKENS=bench:editor:for-this-run-only \
    "$built/web_api" 127.0.0.1:3102 >/dev/null &
scratch=$(mktemp -d)
trap 'kill $(jobs -p); rm -r "$scratch"' EXIT

ready=(--silent --output /dev/null --retry 20 --retry-connrefused)
curl "${ready[@]}" http://127.0.0.1:3101/
curl "${ready[@]}" http://127.0.0.1:3102/ready
for user in $(seq 100); do
    curl -sf -o /dev/null --oauth2-bearer for-this-run-only http://127.0.0.1:3102/users \
        --json "{\"name\":\"Ann $user\",\"email\":\"ann$user@example.com\"}"
done
cat >"$scratch/users.lua" <<'END'
local user = 0
local headers = { Authorization = "Bearer for-this-run-only" }
request = function()
    user = user % 100 + 1
    return wrk.format("GET", "/users/" .. user, headers)
end
END

rate() {
    wrk -t"$threads" -c64 -d"${seconds}s" "$@" | awk '/^Requests/ { print $2 }'
}
for _ in $(seq "$rounds"); do
    hello=$(rate http://127.0.0.1:3101/)
    read=$(rate -s "$scratch/users.lua" http://127.0.0.1:3102)
    ratio=$(echo "scale=2; $read / $hello" | bc)
    echo "$ratio: $read reads by id, $hello answers of hello_server"
done
