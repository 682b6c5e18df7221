#!/bin/sh
# Creates the virtual environment of this checkout. PYTHON and VENV come from the Makefile.
set -eu
need="Triggerfish needs Python 3.11 or newer"
if ! command -v "$PYTHON" >/dev/null 2>&1; then
    echo "$need, and there is no '$PYTHON' here. Install it, or say which to use: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if ! "$PYTHON" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "$need; '$PYTHON' is $("$PYTHON" -V 2>&1). Say which to use: make PYTHON=/path/to/python3.11" >&2
    exit 1
fi
if ! "$PYTHON" -c 'import ensurepip, venv' >/dev/null 2>&1; then
    echo "'$PYTHON' cannot make virtual environments. On Debian and Ubuntu: apt-get install python3-venv" >&2
    exit 1
fi
# While the lock is the same, installed packages stay: a change of pyproject.toml alone takes seconds.
locked="$(cksum < infra/locks/dev.txt)"
if [ ! -x "$VENV/bin/python" ] || [ "$(cat "$VENV/.locked" 2>/dev/null)" != "$locked" ]; then
    echo "Setting up $VENV (once; about a minute) ..."
    # An incomplete environment must not look complete: .locked and .ready come last.
    rm -rf "$VENV"
    "$PYTHON" -m venv "$VENV"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/locks/dev.txt
    printf '%s\n' "$locked" > "$VENV/.locked"
fi
"$VENV/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
touch "$VENV/.ready"
