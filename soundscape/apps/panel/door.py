"""Who may ask what of the catalogue's page over HTTP, and what is answered; no socket is known here.

============================================  =========================================================================
`GET /`                                       the page; it says nothing by itself, and asks the others
`GET /api/about`, `/api/words`                the catalogue's name and size; the vocabulary
`GET /api/find?query=gate&page=0&like=ID`     segments, 50 at a time; with `like` what sounds like that one first
`GET /api/rows?ids=ID,ID`                     these, as they are now
`GET /api/segment?id=ID`                      one of them, with all that is known of it
`GET /api/bars?take=ID&start_s=0&end_s=9`     what is within a stretch of a take; `/api/image` its picture,
                                              `/api/sound` a WAV file of it
`GET /api/learned`                            whether it learns now, and what came of the last time
`POST /api/tag`, `/api/move`, `/api/split`    a person's word, as JSON; likewise `join`, `add`, `delete`,
                                              and what comes as `undo` with an answer: `undo`, `say`, `move`, `again`
============================================  =========================================================================

A change is JSON from this page, and from no other site's. Beyond this machine everything but the page itself needs
`Authorization: Bearer TOKEN`.
"""

from __future__ import annotations

import json
import math
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Any, NoReturn, cast, get_args
from urllib.parse import parse_qs

from soundscape.apps.panel.desk import Changed, Desk, Seen, Words
from soundscape.apps.panel.learner import Learner
from soundscape.apps.panel.pages import FILES, page
from soundscape.apps.panel.rows import Row, words_rows
from soundscape.catalogue.segment import Kind
from soundscape.errors import CatalogueError, QueryError, SoundscapeError
from soundscape.exhibit.asked import JSON, Answer, Request, told
from soundscape.exhibit.hosts import Hosts

TOKEN_VARIABLE = "SOUNDSCAPE_PANEL_TOKEN"
COMMAND = "soundscape "
"""What hints begin a command with, and a page cannot run."""
MOST_BODY_BYTES = 16_384
OWN_SITE = ("", "same-origin", "none")
"""What a browser says of a page of ours, or of nobody's; an older one says nothing."""
MOST_PAGES = 1_000_000
MOST_NAMES = 64
KINDS = get_args(Kind)
MOST_CHARACTERS = 2000


class PanelDoor:
    """What may come in, and what is answered.

    Parameters
    ----------
    desk, learner
        Who does it.
    token
        What a request must bring; empty: nothing.
    say
        Takes a line about what is our fault, in another thread.
    """

    def __init__(
        self, desk: Desk, learner: Learner, hosts: Hosts, token: str = "", *, say: Callable[[str], None]
    ) -> None:
        self._hosts, self._token, self._say, self._desk = hosts, token, say, desk
        self._shows: Mapping[str, Callable[[_Asked], Row | bytes]] = {
            "about": lambda _: desk.about(), "words": lambda _: {"words": words_rows()},
            "learned": lambda _: self._learned(learner.row()),
            "find": lambda asked: desk.find(asked.text("query", ""), asked.whole("page", MOST_PAGES),
                                               asked.text("like", "")),
            "rows": lambda asked: desk.rows(asked.text("ids").split(",")[:MOST_NAMES]),
            "segment": lambda asked: desk.segment(asked.text("id")),
            "bars": lambda asked: desk.bars(*asked.stretch()), "image": lambda asked: desk.image(*asked.stretch()),
            "sound": lambda asked: desk.sound(*asked.stretch()),
        }  # fmt: skip
        self._changes: Mapping[str, Callable[[_Asked], Row]] = {
            "tag": lambda asked: desk.tag(asked.seen(), asked.names("add"), asked.names("remove")),
            "move": lambda asked: desk.move(asked.seen(), asked.number("start_s"), asked.number("end_s")),
            "split": lambda asked: desk.split(asked.seen(), [asked.number("at_s")]),
            "join": lambda asked: desk.join(asked.all_seen()),
            "add": lambda asked: desk.add(*asked.stretch(), asked.names("tags"), asked.kind()),
            "delete": lambda asked: desk.delete(asked.seen()),
            "again": lambda asked: desk.again(asked.text("id"), asked.stretch(), asked.kind(), asked.words(),
                                              asked.all_seen()),
            "say": lambda asked: desk.say(asked.seen(), asked.words()),
            "undo": lambda asked: desk.undo(asked.text("id"), {key: some.words() for key, some in asked.rows("words")},
                                            asked.all_seen(), asked.names("gone")),
        }  # fmt: skip

    def answer(self, request: Request) -> Answer:
        """Status, kind, and what is said."""
        if not self._hosts.are_known(*request.hosts):
            return told(HTTPStatus.MISDIRECTED_REQUEST, "that is no name of this machine", hint="see --name")
        if request.method not in ("GET", "HEAD", "POST"):
            return told(HTTPStatus.METHOD_NOT_ALLOWED, "GET and POST are all there is")
        if request.method != "POST" and request.path in FILES:
            return HTTPStatus.OK, *page(request.path)
        if not self._is_own(request):
            return told(HTTPStatus.FORBIDDEN, "another site's page asks this, and gets nothing")
        if self._token and not request.bears(self._token):
            return told(HTTPStatus.UNAUTHORIZED, "a token is needed: Authorization: Bearer ...")
        _, api, what = (*request.path.split("/", 2), "", "")[:3]
        table: Mapping[str, Callable[[_Asked], Row | bytes]] = (
            self._changes if request.method == "POST" else self._shows
        )
        if api != "api" or what not in table:
            return told(HTTPStatus.NOT_FOUND, f"there is nothing at {request.path[:80]}", hint="begin at /")
        if request.method == "POST" and request.kind != JSON:
            return told(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "a change is application/json")
        return self._done(lambda: table[what](_asked(request)))

    def _is_own(self, request: Request) -> bool:
        if request.from_site not in OWN_SITE:
            return False
        scheme, _, host = request.origin.partition("://")
        return not request.origin or (scheme in ("http", "https") and host in request.hosts)

    def _done(self, call: Callable[[], Row | bytes]) -> Answer:
        try:
            row = call()
        except Changed as error:
            return told(HTTPStatus.CONFLICT, str(error), hint=error.hint)
        except QueryError as error:
            why, hint = self._for_a_visitor(str(error), error.hint)
            return told(HTTPStatus.BAD_REQUEST, why, hint=hint, position=error.position)
        except SoundscapeError as error:
            why, hint = self._for_a_visitor(str(error), error.hint)
            return told(HTTPStatus.BAD_REQUEST, why, hint=hint)
        except Exception as error:
            self._say("".join(traceback.format_exception(error)))
            return told(HTTPStatus.INTERNAL_SERVER_ERROR, "this is our fault, not yours",
                        hint="the terminal that the page was started from says more")  # fmt: skip
        if isinstance(row, bytes):
            return HTTPStatus.OK, "audio/wav", row
        return HTTPStatus.OK, JSON, json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n"

    def _learned(self, row: Row) -> Row:
        last = row["last"]
        if "error" not in last:
            return row
        why, hint = self._for_a_visitor(last["error"], last["hint"])
        return {**row, "last": {**last, "error": why, "hint": hint}}

    def _for_a_visitor(self, why: str, hint: str) -> tuple[str, str]:
        """What went wrong, for somebody who has a page and no terminal."""
        kept = [part for part in re.split(r"(?<=\?) ", hint) if COMMAND not in part]
        return self._desk.spoken(why), self._desk.spoken(" ".join(kept))


class _Asked:
    """What comes with a request, read with care."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self._row = row

    def text(self, key: str, instead: str | None = None) -> str:
        value = self._row.get(key, instead)
        if not isinstance(value, str) or len(value) > MOST_CHARACTERS:
            _refuse(key, f"text of at most {MOST_CHARACTERS} characters")
        return value

    def number(self, key: str) -> float:
        value = self._row.get(key)
        try:
            number = math.nan if isinstance(value, bool) else float(cast(Any, value))
        except (TypeError, ValueError, OverflowError):
            number = math.nan
        if not math.isfinite(number):
            _refuse(key, "a number")
        return number

    def whole(self, key: str, most: int) -> int:
        value = str(self._row.get(key, "0"))
        if not (value.isascii() and value.isdigit() and len(value) < 10 and int(value) <= most):
            _refuse(key, f"a whole number from 0 to {most}")
        return int(value)

    def names(self, key: str) -> tuple[str, ...]:
        names = self._row.get(key, [])
        if not isinstance(names, list) or len(names) > MOST_NAMES:
            _refuse(key, f"a list of at most {MOST_NAMES} names")
        return tuple(_Asked({key: name}).text(key) for name in names)

    def rows(self, key: str) -> Sequence[tuple[str, _Asked]]:
        rows = self._row.get(key, {})
        if not isinstance(rows, dict) or len(rows) > MOST_NAMES:
            _refuse(key, f"an object of at most {MOST_NAMES} names")
        return [(name, _Asked({"words": row})) for name, row in rows.items()]

    def words(self, key: str = "words") -> Words:
        words = self._row.get(key)
        if not isinstance(words, dict) or not all(value in (True, False, None) for value in words.values()):
            _refuse(key, "for each name true, false or null")
        return {name: None if value is None else bool(value) for name, value in words.items()}

    def kind(self) -> Kind:
        kind = self.text("kind", "event")
        if kind not in KINDS:
            _refuse("kind", f"one of {', '.join(KINDS)}")
        return cast(Kind, kind)

    def stretch(self) -> tuple[str, float, float]:
        return self.text("take"), self.number("start_s"), self.number("end_s")

    def seen(self) -> Seen:
        return Seen(self.text("id"), self.number("start_s_seen"), self.number("end_s_seen"),
                    self.names("tags_seen") if "tags_seen" in self._row else None,
                    self.words("said_seen") if "said_seen" in self._row else None)  # fmt: skip

    def all_seen(self) -> Sequence[Seen]:
        rows = self._row.get("segments", [])
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or len(rows) > MOST_NAMES:
            _refuse("segments", f"a list of at most {MOST_NAMES} segments")
        return [_Asked(row).seen() for row in rows]


def _asked(request: Request) -> _Asked:
    if request.method != "POST":
        try:
            return _Asked(
                {
                    key: values[-1]
                    for key, values in parse_qs(request.query, keep_blank_values=True, max_num_fields=8).items()
                }
            )
        except ValueError:
            _refuse("the query", "at most 8 fields")
    try:
        row = json.loads(request.body)
    except (ValueError, RecursionError):
        row = None
    if not isinstance(row, dict):
        _refuse("a change", "an object of JSON")
    return _Asked(row)


def _refuse(what: str, wanted: str) -> NoReturn:
    raise CatalogueError(f"{what} is not as it should be", hint=f"{what} is {wanted}")
