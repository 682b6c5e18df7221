"""Names images by their digests: in overlays (kustomization.yaml) and in the chart's values.yaml.

`digests.py --registry ghcr.io/acme cron=sha256:… events=sha256:… FILE…` changes those lines and no other.
"""

from __future__ import annotations

import argparse
import itertools
import re
import sys
from pathlib import Path

_digest = re.compile(r"(cron|events)=(sha256:[0-9a-f]{64})")
_key = re.compile(r"^(\w+):", re.M)


def overlay(text: str, registry: str, digests: dict[str, str]) -> str:
    """A kustomization whose `images` name these, wherever it names one of the functions' images."""
    for function, digest in digests.items():
        name = f"triggerfish-{function}"
        entry = re.compile(rf"^( *)- name: {name}\n(?:\1  (?:newName|newTag|digest): .*\n?)*", re.M)
        given = rf"\1- name: {name}\n\1  newName: {registry}/{name}\n\1  digest: {digest}\n"
        text = entry.sub(given, text)
    return text


def values(text: str, registry: str, digests: dict[str, str]) -> str:
    """The chart's values with these as defaults."""
    starts = [*(each.start() for each in _key.finditer(text)), len(text)]
    parts = [text[: starts[0]]]
    for start, end in itertools.pairwise(starts):
        part = text[start:end]
        key = part.partition(":")[0]
        if key == "image":
            part = re.sub(r"^  registry: .*$", f"  registry: {registry}", part, flags=re.M)
        if key in digests:
            part = re.sub(r"^  digest: .*$", f"  digest: {digests[key]}", part, flags=re.M)
        parts.append(part)
    return "".join(parts)


def main(arguments: list[str]) -> int:
    """Change the files; exit code 1: one of them names no image."""
    parser = argparse.ArgumentParser(description="Name images by their digests.")
    parser.add_argument("--registry", required=True, help="where the images are: ghcr.io/acme")
    parser.add_argument("what", nargs="+", help="FUNCTION=DIGEST, and files: kustomization.yaml, values.yaml")
    options = parser.parse_args(arguments)
    digests = dict(match.groups() for each in options.what if (match := _digest.fullmatch(each)))
    files = [Path(each) for each in options.what if not _digest.fullmatch(each)]
    if wrong := [each for each in options.what if "=" in each and not _digest.fullmatch(each)]:
        parser.error(f"{wrong[0]} is not FUNCTION=DIGEST, such as cron=sha256:… with 64 hex digits")
    if not digests or not files:
        parser.error("name at least one FUNCTION=DIGEST and one file")
    code = 0
    for path in files:
        before = path.read_text("utf-8")
        change = values if path.name == "values.yaml" else overlay
        after = change(before, options.registry.rstrip("/"), digests)
        # One that names the image of one function alone is right.
        if not any(digest in after for digest in digests.values()):
            print(f"{path} names none of the images: {', '.join(digests)}", file=sys.stderr)
            code = 1
        if after != before:
            path.write_text(after, "utf-8")
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
