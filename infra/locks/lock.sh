#!/bin/sh
# Resolves the direct dependencies into hashed locks: one for the laptop, one for each function.
# Usage: lock.sh UV
set -eu
uv=$1
cd "$(dirname "$0")/../.."
# tzdata alone floats: an old database gives wrong slots, and a release changes nothing else.
compile() {
    "$uv" pip compile --quiet --upgrade-package tzdata --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
        --no-emit-find-links --custom-compile-command "make lock" "$@"
}
compile tests/requirements.txt --output-file infra/locks/dev.txt
for function in cron events; do
    compile "functions/$function/requirements.txt" --constraints requirements.txt --constraints infra/locks/dev.txt \
        --output-file "infra/locks/$function.txt"
done
compile tests/browser/requirements.txt --constraints infra/locks/dev.txt --output-file infra/locks/browser.txt
compile tests/fuzz/requirements.txt --output-file infra/locks/fuzz.txt
