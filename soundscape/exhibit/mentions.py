"""Names by which the layers, rules, triggers and hours of an exhibit call each other: known, and fit to be called."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from soundscape.errors import ExhibitError
from soundscape.exhibit.exhibit import Exhibit, Layer
from soundscape.space.tables import nearest_name


def check_mentions(exhibit: Exhibit) -> None:
    """Look every name up that one part of an exhibit calls another by.

    Raises
    ------
    ExhibitError
        If there is none of that name, or it cannot do what it is called for; the message begins with the file.
    """
    layers = [layer.name for layer in exhibit.layers]
    for name, where in _layers_called(exhibit):
        _known(name, layers, f"{exhibit.path}: {where}", "layer")
    for name, where in _profiles_called(exhibit):
        _known(name, exhibit.profiles, f"{exhibit.path}: {where}", "profile")
    for layer in exhibit.layers:
        _check_layer(exhibit, layer, f"{exhibit.path}: [[layer]] {layer.name!r}")
    _check_circle(exhibit)
    for trigger in exhibit.triggers:
        if trigger.layer and exhibit.layer(trigger.layer).goes_on:
            raise ExhibitError(f"{exhibit.path}: [[trigger]] {trigger.name!r}: layer is {trigger.layer!r}, which goes "
                               "on and is heard already", hint="start a layer whose sounds come and go")  # fmt: skip


def _layers_called(exhibit: Exhibit) -> Iterator[tuple[str, str]]:
    """Name of every layer that is called, and where."""
    for layer in exhibit.layers:
        where = f"[[layer]] {layer.name!r}"
        if layer.answers:
            yield layer.answers, f"{where}: answers"
        yield from ((name, f"{where}: apart_from") for name in layer.apart_from)
    for count, rule in enumerate(exhibit.rules, 1):
        yield from ((name, f"[[when]], number {count}: layers") for name in rule.layers)
    for trigger in exhibit.triggers:
        if trigger.layer:
            yield trigger.layer, f"[[trigger]] {trigger.name!r}: layer"
    for profile in exhibit.profiles.values():
        yield from ((name, f"[profile.{profile.name}]: without") for name in profile.without)


def _profiles_called(exhibit: Exhibit) -> Iterator[tuple[str, str]]:
    """Name of every profile that is called, and where."""
    for count, rule in enumerate(exhibit.rules, 1):
        yield from ((name, f"[[when]], number {count}: profile") for name in rule.when.profile)
    for count, scheduled in enumerate(exhibit.hours.schedule, 1):
        yield scheduled.profile, f"[hours]: schedule, row {count}: profile"
    for count, dates in enumerate(exhibit.hours.dates, 1):
        if dates.profile:
            yield dates.profile, f"[hours]: dates, row {count}: profile"


def _check_layer(exhibit: Exhibit, layer: Layer, where: str) -> None:
    """A bed has no end: it is not answered, answers nothing, and nothing can keep apart from it."""
    for key, called in (("answers", (layer.answers,) if layer.answers else ()), ("apart_from", layer.apart_from)):
        for name in called:
            if name == layer.name:
                raise ExhibitError(f"{where}: {key} is {name!r}: it names itself", hint="name another layer")
            if layer.goes_on or exhibit.layer(name).goes_on:
                bed = layer.name if layer.goes_on else name
                raise ExhibitError(f"{where}: {key} is {name!r}, and {bed!r} goes on without an end",
                                   hint="name a layer whose sounds come and go")  # fmt: skip


def _check_circle(exhibit: Exhibit) -> None:
    for layer in exhibit.layers:
        seen, at = [layer.name], layer.answers
        while at:
            if at in seen:
                raise ExhibitError(f"{exhibit.path}: [[layer]] {layer.name!r}: answers: in a circle: "
                                   f"{' answers '.join([*seen, at])}", hint="let one come by itself")  # fmt: skip
            seen.append(at)
            at = exhibit.layer(at).answers


def _known(name: str, known: Collection[str], where: str, what: str) -> None:
    if name not in known:
        meant = nearest_name(name, known)
        raise ExhibitError(f"{where}: there is no {what} {name!r}" + (f"; did you mean {meant!r}?" if meant else ""),
                           hint=f"there are: {', '.join(known)}")  # fmt: skip
