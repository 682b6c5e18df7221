#!/bin/sh
# Installs the coverage-guided fuzzer into the virtual environment.
# Usage: setup.sh VENV
set -eu
venv=$1
stamp="$venv/.ready-fuzz"
if [ -e "$stamp" ] && [ ! infra/locks/fuzz.txt -nt "$stamp" ]; then
    exit 0
fi
echo "Installing atheris into $venv (once) ..."
if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --only-binary :all: --require-hashes \
    -r infra/locks/fuzz.txt; then
    echo "atheris has no wheel for this machine; it has one for Linux on x86_64. make test runs the same targets" \
        "on their seeds, and hypothesis on more" >&2
    exit 3
fi
touch "$stamp"
