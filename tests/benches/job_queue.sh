#!/usr/bin/env bash
# Jobs a second: the workers of examples-advanced's job_queue, turn about with
# pgbench, which sends the same statements to the same server. Without
# DATABASE_URL it brings a server of its own (Debian's pg_virtualenv).
#
#     tests/benches/job_queue.sh [WORKERS [JOBS]]
set -euo pipefail
cd "$(dirname "$0")/../.."
if [ -z "${DATABASE_URL:-}" ]; then
    # shellcheck disable=SC2016 # the inner shell knows the variables
    exec pg_virtualenv -t bash -c '
        export DATABASE_URL="postgres://$PGUSER:$PGPASSWORD@127.0.0.1:$PGPORT/postgres"
        exec tests/benches/job_queue.sh "$@"' bash "$@"
fi
workers=${1:-4} jobs=${2:-100000} schema=job_queue_bench

cargo build --release --quiet -p examples-advanced --bin job_queue
queue=${CARGO_TARGET_DIR:-target}/release/job_queue
scripts=$(mktemp -d)
trap 'rm -r "$scripts"; sql "DROP SCHEMA IF EXISTS $schema CASCADE"' EXIT

sql() {
    PGOPTIONS="-c search_path=$schema -c client_min_messages=warning" \
        psql "$DATABASE_URL" -qAt -c "$1"
}

# The text of a statement in the example's source.
statement() {
    sed -n "/^const $1: /,/\";\$/p" \
        examples-advanced/src/bin/job_queue/postgres.rs | sed '1d; s/";$//'
}

# $1: jobs a statement.
script() {
    echo "WITH claimed AS ($(statement CLAIM | sed "s/\$1/$1/; s/\$2/2/"))
        SELECT array_agg(id) AS ids, array_agg(attempt) AS attempts,
            array_agg('receipt of order ' || order_id) AS receipts
        FROM claimed \\gset"
    echo "$(statement COMPLETE | sed 's/$1/:ids/; s/$2/:attempts/; s/$3/:receipts/');"
}
script 100 >"$scripts/batches"
script 1 >"$scripts/singles"

sign='?'
case $DATABASE_URL in *\?*) sign='&' ;; esac
inside="$DATABASE_URL${sign}options[search_path]=$schema"

fill() {
    sql "DROP SCHEMA IF EXISTS $schema CASCADE; CREATE SCHEMA $schema"
    DATABASE_URL=$inside "$queue" add "$1"
    sql 'VACUUM ANALYZE jobs'
    sql CHECKPOINT
}

report() {
    sql "SELECT '$1: ' || round(count(*)
            / extract(epoch FROM max(at) - min(at))) || ' jobs a second, '
            || count(*) - count(DISTINCT job) || ' of ' || count(*) || ' doubled'
        FROM charges"
}

bench() {
    PGOPTIONS="-c search_path=$schema" pgbench -n -M prepared \
        -c "$workers" -j "$workers" -t "$2" -f "$scripts/$1" \
        "$DATABASE_URL" >"$scripts/log" 2>&1 || cat "$scripts/log"
}

for _ in 1 2 3; do
    fill "$jobs"
    ids=()
    for _ in $(seq "$workers"); do
        DATABASE_URL=$inside "$queue" work 0 >/dev/null &
        ids+=($!)
    done
    while [ "$(sql 'SELECT count(*) FROM jobs WHERE NOT dead')" != 0 ]; do
        sleep 0.2
    done
    kill "${ids[@]}"
    wait
    report "job_queue"
    fill "$jobs"
    bench batches $((jobs / 100 / workers))
    report "pgbench, 100 jobs a statement"
    fill $((jobs / 10))
    bench singles $((jobs / 10 / workers))
    report "pgbench, 1 job a statement"
done
