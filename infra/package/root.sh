#!/bin/sh
# A root file system with Python, of Debian's packages alone: the base of an image where no registry is in reach.
# Usage: root.sh TAR.GZ [ARCHITECTURE]      (needs mmdebstrap; another architecture than this machine's: qemu-user-static)
set -eu
if [ "${1:---help}" = --help ]; then
    sed -n '2,/^set /s/^# //p' "$0"
    exit 0
fi
if ! command -v mmdebstrap >/dev/null 2>&1; then
    echo "mmdebstrap was not found. On Debian and Ubuntu: apt-get install mmdebstrap" >&2
    exit 1
fi
target=$1
# Files get no later time than this, so that the same packages give the same bytes.
SOURCE_DATE_EPOCH=${SOURCE_DATE_EPOCH:-0}
export SOURCE_DATE_EPOCH
# No documentation, translations or package lists: nobody reads them in an image.
mmdebstrap --variant=essential --include=python3,ca-certificates ${2:+--architectures="$2"} \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-include=/usr/share/doc/*/copyright' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --format=tar bookworm "$target.half" >&2
# Its own gzip: the same bytes again, and the name and the time of no file in them.
case $target in
*.gz) gzip -n -6 <"$target.half" >"$target.packed" && mv "$target.packed" "$target" && rm "$target.half" ;;
*) mv "$target.half" "$target" ;;
esac
