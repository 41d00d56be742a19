"""How an exhibit is, as a value; the same as JSON, and as text that Prometheus reads.

References
----------
Prometheus, "Exposition formats": the text format, version 0.0.4.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from soundscape.exhibit.staff import Staff, staff_row, troubles

Status = Literal["ok", "degraded", "closed", "down"]
"""All is well; the fallback is heard, or no spare is warm; it is shut, as it should be; nothing sounds that should."""


@dataclass(frozen=True, slots=True)
class Health:
    """How an exhibit is."""

    status: Status
    since: datetime
    """Of the status; aware."""
    title: str = ""
    playing: str = ""
    """In words: what visitors hear now."""
    profile: str = ""
    next_opening: datetime | None = None
    """Aware; None: none within sight."""
    staff: Staff = field(default_factory=Staff)
    """What people who work there want to know of it."""
    answers: tuple[tuple[datetime, str], ...] = ()
    """What became of what was asked for last, the latest last; aware."""
    last_fault: str = ""
    ahead_s: float = 0.0
    """Seconds that are rendered ahead."""
    windows: int = 0
    """Played since the start; so the next ones."""
    gaps: int = 0
    restarts: int = 0
    faults: Mapping[str, int] = field(default_factory=dict, hash=False)
    """By kind."""
    rss_mb: Mapping[str, float] = field(default_factory=dict, hash=False)
    """Memory in use by process."""
    versions: Mapping[str, str] = field(default_factory=dict, hash=False)


def health_row(health: Health) -> dict[str, Any]:
    """As plain values; a time is ISO 8601, what is silent or unknown is None."""
    return {
        "status": health.status, "since": health.since.isoformat(timespec="seconds"), "title": health.title,
        "playing": health.playing, "profile": health.profile,
        "next_opening": health.next_opening.isoformat(timespec="minutes") if health.next_opening else None,
        "last_fault": health.last_fault, "hour_lufs": _finite(health.staff.hour.mean_lufs),
        "loudest_lufs": _finite(health.staff.hour.loudest_lufs), "ahead_s": _finite(health.ahead_s),
        "windows": health.windows, "gaps": health.gaps, "restarts": health.restarts, "faults": dict(health.faults),
        "rss_mb": {name: _finite(value) for name, value in health.rss_mb.items()}, "versions": dict(health.versions),
        "staff": staff_row(health.staff), "answers": [[at.isoformat(), words] for at, words in health.answers],
        "troubles": [[one.what, one.do] for one in troubles(health.status, health.ahead_s, health.staff)],
    }  # fmt: skip


def _finite(value: float) -> float | None:
    return round(value, 2) if math.isfinite(value) else None


_Samples = Iterable[tuple[Mapping[str, str], float]]


@dataclass(frozen=True, slots=True)
class _Metric:
    kind: Literal["counter", "gauge"]
    about: str
    of: Callable[[Health], _Samples]


def _one(of: Callable[[Health], float]) -> Callable[[Health], _Samples]:
    return lambda health: [({}, of(health))]


def _each(label: str, of: Callable[[Health], Mapping[str, float]]) -> Callable[[Health], _Samples]:
    return lambda health: [({label: name}, value) for name, value in of(health).items()]


METRICS: Mapping[str, _Metric] = {
    "soundscape_up": _Metric("gauge", "1 unless nothing sounds that should.", _one(lambda h: h.status != "down")),
    "soundscape_open": _Metric("gauge", "1 while the doors are open.", _one(lambda h: h.status != "closed")),
    "soundscape_degraded": _Metric("gauge", "1 while it plays, but not all is well.",
                                   _one(lambda h: h.status == "degraded")),
    "soundscape_windows_played_total": _Metric("counter", "Windows that were played.", _one(lambda h: h.windows)),
    "soundscape_gaps_total": _Metric("counter", "Silences while the doors were open.", _one(lambda h: h.gaps)),
    "soundscape_restarts_total": _Metric("counter", "Processes that were started again.", _one(lambda h: h.restarts)),
    "soundscape_faults_total": _Metric("counter", "What went wrong, by kind.", _each("kind", lambda h: h.faults)),
    "soundscape_loudness_lufs": _Metric("gauge", "Mean loudness of the last hour.",
                                         _one(lambda h: h.staff.hour.mean_lufs)),
    "soundscape_loudest_lufs": _Metric("gauge", "Loudest 400 ms of the last hour.",
                                        _one(lambda h: h.staff.hour.loudest_lufs)),
    "soundscape_spare": _Metric("gauge", "1 while a spare player is warm.", _one(lambda h: h.staff.has_spare)),
    "soundscape_ahead_seconds": _Metric("gauge", "Seconds that are rendered ahead.", _one(lambda h: h.ahead_s)),
    "soundscape_resident_memory_bytes": _Metric("gauge", "Memory in use, by process.", _each(
        "process", lambda h: {name: mb * 2**20 for name, mb in h.rss_mb.items()})),
    "soundscape_info": _Metric("gauge", "Versions; always 1.", lambda h: [(h.versions, 1.0)] if h.versions else []),
}  # fmt: skip
"""Everything that Prometheus is told, a row each."""


def metrics_text(health: Health) -> str:
    r"""Text for Prometheus; what has no value now has a line that says NaN or an infinity.

    Examples
    --------
    >>> from datetime import UTC
    >>> health = Health("ok", datetime(2027, 1, 1, tzinfo=UTC), faults={'a "b"': 2})
    >>> [line for line in metrics_text(health).splitlines() if "faults" in line][-1]
    'soundscape_faults_total{kind="a \\"b\\""} 2'
    """
    lines = []
    for name, metric in METRICS.items():
        lines += [f"# HELP {name} {metric.about}", f"# TYPE {name} {metric.kind}"]
        lines += [f"{name}{_labels(labels)} {_number(value)}" for labels, value in metric.of(health)]
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    def escaped(text: str) -> str:
        return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")

    return "{" + ",".join(f'{name}="{escaped(str(value))}"' for name, value in labels.items()) + "}" if labels else ""


def _number(value: float) -> str:
    if math.isinf(value):
        return "+Inf" if value > 0.0 else "-Inf"
    return "NaN" if math.isnan(value) else f"{value:.10g}"
