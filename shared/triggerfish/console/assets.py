"""The page's own files: no build step, nothing from elsewhere, and a policy that lets nothing else run."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from triggerfish.console.registry import SCREENS

_TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}

PAGE = "index.html"


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its media type, its bytes, and an entity tag made of them."""

    media_type: str
    body: bytes
    tag: str

    @classmethod
    def of(cls, name: str, body: bytes) -> Asset:
        """The file of that name."""
        return cls(_media_type(name), body, f'"{hashlib.sha256(body).hexdigest()[:16]}"')


@cache
def assets() -> dict[str, Asset]:
    """Every file of the page by its name."""
    folder = files("triggerfish.console").joinpath("static")
    texts = {entry.name: entry.read_text("utf-8") for entry in folder.iterdir() if _media_type(entry.name)}
    templates = {screen.name: texts.pop(f"{screen.name}.html") for screen in SCREENS}
    texts[PAGE] = _page(texts[PAGE], templates)
    texts["screens.js"] = _script()
    return {name: Asset.of(name, text.encode()) for name, text in texts.items()}


def _media_type(name: str) -> str:
    return _TYPES.get(name.rpartition(".")[2], "")


def _page(page: str, templates: Mapping[str, str]) -> str:
    links = (
        f'<a href="?view={screen.name}" data-view="{screen.name}">{screen.title}</a>' for screen in SCREENS
    )
    stamps = (f'<template id="{name}-template">\n{text}</template>' for name, text in templates.items())
    return page.replace("<!-- links -->", "\n".join(links)).replace("<!-- templates -->", "\n".join(stamps))


def _script() -> str:
    """The screens as ``main.js`` imports them."""
    names = [screen.name for screen in SCREENS]
    imports = "".join(f'import {{ {name} }} from "./{name}.js";\n' for name in names)
    return f"{imports}export const screens = {{ {', '.join(names)} }};\n"
