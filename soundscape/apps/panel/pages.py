"""The page: three files that say nothing of any catalogue. What they show they ask of the door themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from soundscape.exhibit.pages import HEADERS as STRICT

FILES: Mapping[str, tuple[str, str]] = {
    "/": ("panel.html", "text/html; charset=utf-8"),
    "/panel.css": ("panel.css", "text/css; charset=utf-8"),
    "/panel.js": ("panel.js", "text/javascript; charset=utf-8"),
    "/words.js": ("words.js", "text/javascript; charset=utf-8"),
    "/picture.js": ("picture.js", "text/javascript; charset=utf-8"),
}
"""By path: the file, and its kind."""
HEADERS: Mapping[str, str] = {
    **STRICT, "Content-Security-Policy": STRICT["Content-Security-Policy"] + "; media-src blob:",
}  # fmt: skip
"""As strict as the exhibit's page; but a sound that came with a token is played from the page's own memory."""


@cache
def page(path: str) -> tuple[str, str]:
    """Kind and text of what is at a path of `FILES`."""
    name, kind = FILES[path]
    return kind, files("soundscape.apps.panel").joinpath("page", name).read_text(encoding="utf-8")
