r"""The language of `find` and of casts, read into values.

::

    gate.creak and duration_s > 2 and not wind      tags, with all below them; numbers; and, or, not, ( )
    bell@0.8                                        a tag that is at least so sure
    unknown                                         no tag at all
    kind = note      family = gates      by = person      fault = clipped
    licence = "CC0"      licence ~ "CC"      place, recordist, object_id, recorded_at, recording_id, path
    id = 4aef1c07        id ~ 4aef           words of letters, digits, points and hyphens need no quotes
    "old gate"      text ~ "old gate"               words in titles, descriptions, file names and tags, in any language
    *                                               everything

`not` binds closer than `and`, `and` closer than `or`, as in Python. Tags may be written with hyphens, slashes, or as a
label or synonym of the vocabulary (`wood-percussion`, `gate/creak`, `铜钟`); a quote inside quotes is `\"`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection
from typing import NamedTuple, NoReturn

from soundscape.catalogue.features import FEATURES, example_of
from soundscape.catalogue.tags import did_you_mean, hint_for, is_nearer_to_tags, is_no_tag, nearest, tag_named
from soundscape.catalogue.terms import (
    COMPARISONS,
    FIELDS,
    And,
    Compare,
    Everything,
    HasTag,
    Is,
    Not,
    Or,
    Query,
    Text,
    Unknown,
)
from soundscape.errors import CatalogueError, QueryError

__all__ = ["Query", "parse_query"]

MAX_CHARACTERS = 2000
MAX_NESTING = 40

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<quoted>"(?:[^"\\]|\\.)*")
  | (?P<number>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)
  | (?P<name>[^\W\d]\w*(?:[./-]\w+)*)
  | (?P<sign><=|>=|!=|==|[<>=~()@*])
""",
    re.VERBOSE | re.DOTALL,
)
_IN_WORDS = ("name", "number")
_ALL_FEATURES = "soundscape find --features lists all that can be compared"


class _Token(NamedTuple):
    kind: str
    text: str
    position: int


def parse_query(text: str, *, features: Collection[str] = ()) -> Query:
    """Read a query.

    Parameters
    ----------
    text : str
        At most 2,000 characters; nothing at all means everything.
    features : names
        Numbers that can be compared besides those in `FEATURES`.

    Raises
    ------
    QueryError
        With what is wrong, where (counted from 1 in the message), and a hint what would be right.

    Examples
    --------
    >>> str(parse_query("gate/creak and (duration_s>2 or not wind)"))
    'gate.creak and (duration_s > 2 or not wind)'
    >>> parse_query("gate.creek")
    Traceback (most recent call last):
    soundscape.errors.QueryError: unknown tag 'gate.creek' at 1
    """
    if len(text) > MAX_CHARACTERS:
        raise QueryError(
            f"a query of {len(text)} characters is too long",
            position=MAX_CHARACTERS,
            hint=f"write at most {MAX_CHARACTERS}",
        )
    parser = _Parser(_tokens(text), features)
    if parser.next.kind == "end":
        return Everything()
    query = parser.alternatives()
    if parser.next.kind != "end":
        parser.refuse_rest()
    return query


_INSTEAD = {
    '"': 'close them: "old gate"',
    "'": 'double quotes hold words to look for: "old gate"',
    "&": "join terms with and; words to look for stand in quotes",
    "|": "join terms with or; words to look for stand in quotes",
    "!": "write not: not wind",
    ",": "join terms with and, or; numbers have a point: 1.5",
}
"""What is meant by letters that other languages use."""


def _tokens(text: str) -> list[_Token]:
    tokens, position = [], 0
    while position < len(text):
        found = _TOKEN.match(text, position)
        if found is None:
            letter = text[position]
            what = "quotes that do not end" if letter == '"' else f"nothing begins with {letter!r}"
            _fail(what, position, _INSTEAD.get(letter, 'put words to look for in quotes: "old gate"'))
        if found.lastgroup != "space":
            tokens.append(_Token(str(found.lastgroup), found.group(), position))
        position = found.end()
    return [*tokens, _Token("end", "", len(text))]


def _fail(what: str, position: int, hint: str) -> NoReturn:
    raise QueryError(f"{what} at {position + 1}", position=position, hint=hint)


class _Parser:
    """Recursive descent over tokens; each method reads one rule of the language and leaves `next` after it."""

    def __init__(self, tokens: list[_Token], features: Collection[str]) -> None:
        self._tokens = iter(tokens)
        self._features = {*FEATURES, *features}
        self._depth = 0
        self.next = next(self._tokens)

    def alternatives(self) -> Query:
        terms = [self._conjunction()]
        while self._word("or"):
            terms.append(self._conjunction())
        return Or(tuple(terms)) if len(terms) > 1 else terms[0]

    def _conjunction(self) -> Query:
        terms = [self._negation()]
        while self._word("and"):
            terms.append(self._negation())
        return And(tuple(terms)) if len(terms) > 1 else terms[0]

    def _negation(self) -> Query:
        at = self.next
        self._depth += 1
        if self._depth > MAX_NESTING:
            _fail("nested too deeply", at.position, f"use at most {MAX_NESTING} levels of brackets and not")
        query = Not(self._negation()) if self._word("not") else self._term()
        self._depth -= 1
        return query

    def _term(self) -> Query:
        token = self._take()
        if token.kind == "quoted":
            return self._text(token)
        if token.text == "*":
            return Everything()
        if token.text == "(":
            query = self.alternatives()
            if self.next.text != ")":
                self._fail_here("a bracket that is not closed", f"close the one at {token.position + 1} with )")
            self._take()
            return query
        if token.kind == "name" and token.text.lower() not in ("and", "or", "not"):
            return self._named(token)
        what = f"something is missing before {token.text!r}" if token.text else "the query ends too early"
        hint = (
            f"a comparison begins with a name: duration_s > {token.text}"
            if token.kind == "number"
            else "a tag, a comparison or quoted words must stand here"
        )
        _fail(what, token.position, hint)

    def _named(self, name: _Token) -> Query:
        if name.text in self._features:
            return self._number(name)
        if name.text in FIELDS or name.text == "text":
            return self._words(name)
        if self.next.text in (*COMPARISONS, "==", "~"):
            near = nearest(name.text, (*self._features, *FIELDS, "text"))
            _fail(f"unknown feature {name.text!r}", name.position, did_you_mean(near) + _ALL_FEATURES)
        return self._tag(name)

    def _tag(self, name: _Token) -> Query:
        if is_no_tag(name.text):
            if self.next.text == "@":
                self._fail_here("unknown has no confidence", "it is said where nothing is likely: unknown")
            return Unknown()
        try:
            known = tag_named(name.text).name
        except CatalogueError:
            near = nearest(name.text, (*self._features, *FIELDS))
            is_tag = not near or is_nearer_to_tags(name.text, near[0])
            hint = _hint_for_tag(name.text) if is_tag else did_you_mean(near) + _ALL_FEATURES
            _fail(f"unknown tag {name.text!r}", name.position, hint)
        if self.next.text != "@":
            return HasTag(known)
        self._take()
        sure = self._take()
        if sure.kind != "number" or not 0.0 <= float(sure.text) <= 1.0:
            _fail(
                f"a confidence in 0..1 is needed, not {sure.text or 'nothing'!r},",
                sure.position,
                f"like this: {known}@0.8",
            )
        return HasTag(known, float(sure.text))

    def _number(self, name: _Token) -> Query:
        example = example_of(name.text)
        sign = self._sign(name, COMPARISONS, f"{name.text} is a number; compare it: {name.text} > {example}")
        value = self._take()
        if value.kind != "number" or not math.isfinite(float(value.text)):
            _fail(
                f"a number is needed, not {value.text or 'nothing'!r},",
                value.position,
                f"like this: {name.text} {sign} {example}",
            )
        if self.next.kind == "name" and self.next.text.lower() not in ("and", "or", "not"):
            self._fail_here(f"{self.next.text!r} after a number", "units are part of the name; join terms with and, or")
        return Compare(name.text, sign, float(value.text))

    def _words(self, name: _Token) -> Query:
        example = FIELDS[name.text][0] if FIELDS.get(name.text) else '"words"'
        signs = ("~",) if name.text == "text" else ("=", "!=", "~")
        sign = self._sign(name, signs, f"like this: {name.text} {signs[0]} {example}")
        value = self._value()
        if value.kind not in ("quoted", "name", "number"):
            _fail(
                f"a word is needed, not {value.text or 'nothing'!r},",
                value.position,
                f"like this: {name.text} {sign} {example}",
            )
        if name.text == "text":
            return self._text(value)
        words, few = _unquoted(value), FIELDS[name.text]
        if few and sign != "~" and words.lower() not in few:
            _fail(f"{name.text} is never {words!r}:", value.position, f"one of: {', '.join(few)}")
        return Is(name.text, sign, words.lower() if few else words)

    def _value(self) -> _Token:
        """What stands without a space between is one word: ids, accession numbers and dates begin with digits."""
        value = self._take()
        while value.kind in _IN_WORDS and self.next.kind in _IN_WORDS and self.next.position == _end(value):
            value = _Token("name", value.text + self._take().text, value.position)
        return value

    def _text(self, token: _Token) -> Query:
        try:
            return Text(_unquoted(token))
        except ValueError:
            _fail("quotes without words", token.position, 'write what to look for: "old gate"')

    def _sign(self, name: _Token, signs: Collection[str], hint: str) -> str:
        sign = "=" if self.next.text == "==" else self.next.text
        if self.next.kind != "sign" or sign not in signs:
            what = f"{name.text} {sign}" if self.next.kind == "sign" and sign not in ")(" else f"{name.text} alone"
            _fail(f"{what} says nothing", name.position, hint)
        self._take()
        return sign

    def _word(self, word: str) -> bool:
        if self.next.kind == "name" and self.next.text.lower() == word:
            self._take()
            return True
        return False

    def _take(self) -> _Token:
        token = self.next
        if token.kind != "end":
            self.next = next(self._tokens)
        return token

    def _fail_here(self, what: str, hint: str) -> NoReturn:
        _fail(what, self.next.position, hint)

    def refuse_rest(self) -> NoReturn:
        """Say what stands where the query should have ended."""
        if self.next.text == ")":
            self._fail_here("a bracket that was never opened", "leave it out, or open one before it")
        self._fail_here(f"'and' or 'or' is missing before {self.next.text!r}", "join terms with and, or, and not")


def _hint_for_tag(word: str) -> str:
    hint = hint_for(word)
    return hint if hint.startswith("did you mean") else f'{hint}; words to look for stand in quotes: "old gate"'


def _end(token: _Token) -> int:
    return token.position + len(token.text)


def _unquoted(token: _Token) -> str:
    return re.sub(r"\\(.)", r"\1", token.text[1:-1], flags=re.DOTALL) if token.kind == "quoted" else token.text
