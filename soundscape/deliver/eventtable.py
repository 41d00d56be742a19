"""Events of an arrangement as a table that a spreadsheet opens."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence

from soundscape.arrangement.arrangement import Arrangement
from soundscape.arrangement.event import Event
from soundscape.catalogue.segment import Recording


def event_table(arrangement: Arrangement, columns: Sequence[str],
                row_of: Callable[[Event, Recording], Sequence[object]]) -> str:  # fmt: skip
    """Comma-separated values: the names of the columns, and a row for each event in the order of time."""
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(columns)
    for event in arrangement.events:
        writer.writerow(row_of(event, arrangement.recording(event.segment.recording_id)))
    return table.getvalue()
