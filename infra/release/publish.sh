#!/bin/sh
# Build one version and publish its images and its chart; dist/ then has what belongs on the page of the release.
# Usage: publish.sh VERSION REGISTRY [TARGET]     (0.2.0 ghcr.io/acme dist; crane and helm must be logged in there)
#
# Environment:
#   BASE         the base image (python:3.12-slim); its digest of today is taken for all images
#   PLATFORMS    of the images ("linux/amd64 linux/arm64")
#   PYTHON       of the virtual environment that `make setup` made (.venv/bin/python)
#   CRANE, HELM  the programs (crane, helm); HELM_FLAGS: for a registry without TLS, --plain-http
#   COSIGN       signs without a key of ours, as the job's own identity (cosign); empty: nothing is signed
set -eu
if [ $# -lt 2 ]; then
    sed -n '2,/^set /s/^# \{0,1\}//p' "$0"
    exit 2
fi
version=${1#v} registry=${2%/}
cd "$(dirname "$0")/../.."
target=${3:-dist}
PYTHON=${PYTHON:-.venv/bin/python} CRANE=${CRANE:-crane} HELM=${HELM:-helm} COSIGN=${COSIGN-cosign}
BASE=${BASE:-python:3.12-slim} PLATFORMS=${PLATFORMS:-linux/amd64 linux/arm64}

# A tag that is not the project's version, or has no notes, ends here, before anything is published.
is=$(sed -n 's/^version = "\(.*\)"$/\1/p' pyproject.toml)
if [ "$is" != "$version" ]; then
    echo "The version is $is in pyproject.toml, and $version was asked for" >&2
    exit 1
fi
mkdir -p "$target"
target=$(cd "$target" && pwd)
"$PYTHON" infra/release/notes.py "$version" >"$target/notes.md"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
"$PYTHON" -m hatchling build --target wheel --directory "$target" >&2
"$PYTHON" infra/package/package.py "$work/build" >&2

sign() {
    [ -z "$COSIGN" ] || "$COSIGN" sign --yes "$1" >&2
}

case $BASE in
*@*) ;;
*) BASE=$BASE@$("$CRANE" digest "$BASE") ;;
esac
platforms=
for platform in $PLATFORMS; do
    platforms="$platforms --platform $platform"
done
pairs=
for function in cron events; do
    # shellcheck disable=SC2086  # two words for each platform
    "$PYTHON" infra/package/image.py "$work/build/$function" --base "$BASE" $platforms --crane "$CRANE" \
        --push "$registry/triggerfish-$function:$version" --digest-file "$work/$function.digest"
    digest=$(cat "$work/$function.digest")
    image=$registry/triggerfish-$function@$digest
    bill=$target/triggerfish-$function-$version.sbom.json
    cp "$work/build/$function/sbom.json" "$bill"
    cp "$work/build/$function.zip" "$target/triggerfish-$function-$version.zip"
    sign "$image"
    [ -z "$COSIGN" ] || "$COSIGN" attest --yes --type cyclonedx --predicate "$bill" "$image" >&2
    pairs="$pairs $function=$digest"
    echo "$image" >>"$work/images"
done

# A copy: the checkout keeps its own names.
mkdir "$work/infra"
cp -R infra/crds infra/kubernetes infra/knative infra/helm "$work/infra"
find "$work/infra/kubernetes" "$work/infra/knative" -name kustomization.yaml -exec grep -l '^images:' {} + >"$work/overlays"
# shellcheck disable=SC2046,SC2086  # a word for each function, and for each file
"$PYTHON" infra/release/digests.py --registry "$registry" $pairs $(cat "$work/overlays") \
    "$work/infra/helm/triggerfish/values.yaml"
tar -C "$work" --sort=name --mtime=@0 --owner=0 --group=0 --numeric-owner -cf - \
    infra/crds infra/kubernetes infra/knative | gzip -n >"$target/triggerfish-manifests-$version.tar.gz"

"$HELM" package "$work/infra/helm/triggerfish" --destination "$target" >&2
# shellcheck disable=SC2086
"$HELM" push "$target/triggerfish-$version.tgz" "oci://$registry/charts" ${HELM_FLAGS:-} >"$work/chart" 2>&1 || {
    cat "$work/chart" >&2
    exit 1
}
chart=$registry/charts/triggerfish@$(sed -n 's/^Digest: //p' "$work/chart")
sign "$chart"
echo "$chart" >>"$work/images"

cp "$work/images" "$target/images.txt"
(cd "$target" && rm -f SHA256SUMS && sha256sum ./* >"$work/sums" && mv "$work/sums" SHA256SUMS)
cat "$target/images.txt"
