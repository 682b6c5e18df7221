"""Where the files are that a session needs beside the code: manifests, samples, the functions' main.py."""

from __future__ import annotations

from pathlib import Path

from triggerfish.errors import TriggerfishError


def checkout() -> Path:
    """The folder with ``functions/`` and ``infra/``: a wheel carries its own, else the checkout is it.

    Never the working directory: the files belong to the code that is installed. ``TriggerfishError`` when
    neither is there.
    """
    here = Path(__file__).resolve()
    for folder in (here.parent / "checkout", *here.parents):
        if (folder / "functions" / "cron" / "main.py").exists() and (folder / "infra" / "crds").is_dir():
            return folder
    raise TriggerfishError(
        f"the samples and functions that belong to {here.parent} are missing: install the package again"
    )


def is_packaged(root: Path) -> bool:
    """Whether ``root`` came with a wheel, beside the installed packages, and is no checkout."""
    return root.parent == Path(__file__).resolve().parent
