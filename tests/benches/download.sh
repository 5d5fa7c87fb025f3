#!/usr/bin/env bash
# Seconds for one file of 1 GiB, and for 1,000 files of 10 KiB: download, turn
# about with curl, both from an nginx on this machine; then the medians, and the
# most memory that each took. It wants nginx-light, curl and time (in Debian's
# packages), and 3 GB of room for temporary files.
#
#     tests/benches/download.sh [ROUNDS]
set -euo pipefail
cd "$(dirname "$0")/../.."
rounds=${1:-7}

cargo build --release --quiet -p examples-http --bin download
download=$(realpath "${CARGO_TARGET_DIR:-target}/release/download")
scratch=$(mktemp -d)
trap 'kill $(jobs -p); wait; rm -r "$scratch"' EXIT

mkdir "$scratch/www" "$scratch/log"
head -c 1G /dev/urandom >"$scratch/www/large"
for number in $(seq 1000); do
    head -c 10K /dev/urandom >"$scratch/www/$number"
done
# Its workers are of the user that starts it, or they could not read the files.
cat >"$scratch/nginx.conf" <<END
$([ "$(id -u)" != 0 ] || echo "user root;")
daemon off;
worker_processes auto;
pid $scratch/pid;
error_log stderr;
events { worker_connections 1024; }
http {
    access_log off;
    sendfile on;
    client_body_temp_path $scratch/log/body;
    proxy_temp_path $scratch/log/proxy;
    fastcgi_temp_path $scratch/log/fastcgi;
    uwsgi_temp_path $scratch/log/uwsgi;
    scgi_temp_path $scratch/log/scgi;
    server { listen 127.0.0.1:3103; root $scratch/www; }
}
END
PATH=$PATH:/usr/sbin nginx -p "$scratch" -c "$scratch/nginx.conf" &
site=http://127.0.0.1:3103
curl --silent --output /dev/null --retry 20 --retry-connrefused $site/1

# Runs a command in a new folder, and notes its seconds and its memory. Removing
# files would make the next run slower, so the small ones stay to the end.
measure() {
    local name=$1
    shift
    into=$(mktemp -d -p "$scratch")
    (cd "$into" && command time -a -o "$scratch/$name" -f '%e %M' "$@" 2>/dev/null)
}

# The median of the seconds, and the most memory.
report() {
    sort -n "$scratch/$1" | awk -v name="$1" '
        { seconds[NR] = $1; if ($2 > most) most = $2 }
        END {
            median = seconds[int((NR + 1) / 2)]
            printf "%s: %.2f s, %.1f MB\n", name, median, most / 1000
        }'
}

mapfile -t small < <(seq -f "$site/%g" 1000)
for _ in $(seq "$rounds"); do
    measure large-curl curl --silent -o large $site/large
    rm "$into/large"
    measure large-download "$download" $site/large
    cmp "$scratch/www/large" "$into/large"
    rm "$into/large"
    measure small-curl curl --silent --parallel --remote-name-all "${small[@]}"
    measure small-download "$download" "${small[@]}"
    diff -rq --exclude=large "$scratch/www" "$into"
    measure small-download-50 "$download" --jobs 50 "${small[@]}"
done
for name in large-curl large-download small-curl small-download small-download-50; do
    report $name
done
