"""The page for staff: three files that say nothing of any exhibit. What they show they ask of the door themselves."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

FILES: Mapping[str, tuple[str, str]] = {
    "/": ("panel.html", "text/html; charset=utf-8"),
    "/panel.css": ("panel.css", "text/css; charset=utf-8"),
    "/panel.js": ("panel.js", "text/javascript; charset=utf-8"),
}
"""By path: the file, and its kind."""
HEADERS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
                               "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
                               "require-trusted-types-for 'script'",
    "X-Content-Type-Options": "nosniff", "X-Frame-Options": "DENY", "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin", "Cross-Origin-Opener-Policy": "same-origin",
}  # fmt: skip
"""Of every answer: nothing runs but the page's own file, nothing is asked of anybody else, nobody frames it."""


@cache
def page(path: str) -> tuple[str, str]:
    """Kind and text of what is at a path of `FILES`."""
    name, kind = FILES[path]
    return kind, files("soundscape.exhibit").joinpath("panel", name).read_text(encoding="utf-8")
