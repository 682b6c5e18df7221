#!/bin/sh
# Says whether there is a newer release of the time zones than the locked one. It never fails: a new release is not the
# fault of the change under test, and neither is an index that does not answer.
# Usage: zones.sh UV
set -eu
uv=$1
cd "$(dirname "$0")/../.."
locked=$(sed -n 's/^tzdata==\([^ ;]*\).*/\1/p' infra/locks/cron.txt)
newest=$(echo tzdata | UV_HTTP_TIMEOUT=10 "$uv" pip compile --quiet --no-deps --no-header --no-annotate --upgrade - 2>/dev/null |
    sed -n 's/^tzdata==\([^ ;]*\).*/\1/p') || newest=
if [ -z "$newest" ]; then
    echo "time zones: tzdata $locked is locked; the package index did not say which release is the newest"
elif [ "$newest" = "$locked" ]; then
    echo "time zones: tzdata $locked is locked, the newest release"
else
    echo "WARNING: time zones: tzdata $locked is locked, and $newest is out: run 'make lock'"
fi
