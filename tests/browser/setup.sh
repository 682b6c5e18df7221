#!/bin/sh
# Installs what the browser tests need: Playwright into the virtual environment, Chromium from the system's packages.
# Usage: setup.sh VENV
set -eu
venv=$1
stamp="$venv/.ready-browser"
if [ ! -e "$stamp" ] || [ infra/locks/browser.txt -nt "$stamp" ]; then
    echo "Installing Playwright into $venv (once) ..."
    "$venv/bin/python" -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/locks/browser.txt
    touch "$stamp"
fi
for name in ${CHROMIUM:-} chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium from the system's packages ..."
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq chromium >/dev/null
    exit 0
fi
echo "The browser tests need Chromium: install it (Debian, Ubuntu: apt-get install chromium) or name it in CHROMIUM" >&2
exit 3
