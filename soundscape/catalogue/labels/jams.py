"""JAMS: annotations as JSON; labels are rows of the namespace `tag_open`.

The format: Humphrey et al., "JAMS: a JSON annotated music specification for reproducible MIR research", ISMIR 2014.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NoReturn

from soundscape.catalogue.labels.label import Label, Labelled, Take, in_order, labelled, one_line
from soundscape.catalogue.labels.text import label_at, wrong
from soundscape.errors import CatalogueError

NAMESPACE = "tag_open"
_VERSION = "0.3.4"
_HINT = "labels are objects with time, duration and value, in an annotation of the namespace tag_open"


def read(text: str) -> Labelled:
    """Read the rows of all `tag_open` annotations; what is of another namespace is no label.

    Raises
    ------
    CatalogueError
        With the line where it is no JSON, or the annotation and row that is no label.
    """
    document = _document(text)
    annotations = document.get("annotations")
    if not isinstance(annotations, list):
        _refuse("no list of annotations", "it is JSON of another kind")
    tagged = [one for one in annotations if isinstance(one, dict) and one.get("namespace") == NAMESPACE]
    if annotations and not tagged:
        names = ", ".join(sorted({str(one.get("namespace")) for one in annotations if isinstance(one, dict)}))
        _refuse(f"no annotation of the namespace {NAMESPACE}", f"there are only: {names[:200]}")
    about = document.get("file_metadata")
    return labelled((row for one in tagged for row in _rows(one)), _take(about if isinstance(about, dict) else {}))


def _document(text: str) -> Mapping[str, Any]:
    try:
        document = json.loads(text, parse_constant=lambda name: _refuse(f"{name} is no number", _HINT))
    except json.JSONDecodeError as error:
        raise wrong(error.lineno, f"no JSON: {error.msg}", "save it again in the program that made it") from error
    except (RecursionError, ValueError) as error:  # nested without end, or a number of thousands of digits
        raise wrong(1, f"no JSON that can be read: {error}", "save it again in the program that made it") from error
    if not isinstance(document, dict):
        _refuse("no JSON object", "it is JSON of another kind")
    return document


def _refuse(what: str, hint: str) -> NoReturn:
    raise wrong(1, what, hint)


def _rows(annotation: Mapping[str, Any]) -> Iterator[tuple[Label, int]]:
    data = annotation.get("data")
    if isinstance(data, dict):  # dense: a list for each column
        columns: dict[str, Any] = {name: data.get(name) for name in ("time", "duration", "value")}
        if not all(isinstance(column, list) for column in columns.values()):
            _refuse("columns of data that are no lists", _HINT)
        sure = data.get("confidence")
        columns |= {"confidence": sure} if isinstance(sure, list) and len(sure) == len(columns["time"]) else {}
        data = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=False)]
    if not isinstance(data, list):
        _refuse("an annotation without data", _HINT)
    for place, row in enumerate(data, start=1):
        if label := _label(row, place):
            yield label, place


def _label(row: object, place: int) -> Label | None:
    """The label of a row; JSON has no lines of its own, so errors name the row."""
    if not isinstance(row, dict) or not isinstance(row.get("value"), str):
        raise CatalogueError(f"row {place}: no label", hint=_HINT)
    time_s, duration_s = (_seconds(row.get(name) or 0.0, place) for name in ("time", "duration"))
    label = label_at(place, time_s, round(time_s + duration_s, 6), row["value"])
    return label and replace(label, confidence=_confidence(row.get("confidence")))


def _confidence(value: object) -> float | None:
    """None where it is of another kind: JAMS leaves open what a confidence is, and a label is one without it."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
        return None
    return float(value)


def _seconds(value: object, place: int) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < 1e12:
        raise CatalogueError(f"row {place}: {str(value)[:40]!r} is no time", hint=_HINT)
    return float(value)


def _take(about: Mapping[str, Any]) -> Take:
    identifiers = about.get("identifiers")
    name = identifiers.get("filename", "") if isinstance(identifiers, dict) else ""
    duration_s = about.get("duration")
    known = isinstance(duration_s, int | float) and 0.0 < duration_s < 1e12
    return Take(
        one_line(str(name)), one_line(str(about.get("title") or "")), float(duration_s or 0.0) if known else 0.0
    )


def write(labels: Sequence[Label], take: Take) -> str:
    """Write one annotation with all labels, the take's name, title and length; no frequencies."""
    ordered = in_order(labels)
    length_s = round(max((take.duration_s, *(label.end_s for label in ordered))), 6)
    data = [{"time": round(label.start_s, 6), "duration": round(label.end_s - label.start_s, 6),
             "value": label.text, "confidence": label.confidence} for label in ordered]  # fmt: skip
    about: dict[str, Any] = {
        "curator": {"name": "", "email": ""}, "annotator": {}, "version": "", "corpus": "", "annotation_tools": "",
        "annotation_rules": "", "validation": "", "data_source": "soundscape",
    }  # fmt: skip
    annotation = {"annotation_metadata": about, "namespace": NAMESPACE, "data": data, "sandbox": {}, "time": 0.0,
                  "duration": length_s}  # fmt: skip
    file_metadata = {"title": take.title, "artist": "", "release": "", "duration": length_s,
                     "identifiers": {"filename": take.file_name}, "jams_version": _VERSION}  # fmt: skip
    document = {"annotations": [annotation], "file_metadata": file_metadata, "sandbox": {}}
    return json.dumps(document, ensure_ascii=False, indent=1, allow_nan=False) + "\n"
