"""Options that several commands share, so that they are called the same everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
Value = TypeVar("Value")


def finite(_context: click.Context, _option: click.Parameter, value: Value) -> Value:
    """Refuse NaN and infinity, which Python reads as numbers and no range keeps out: a callback for every such option.

    Raises
    ------
    click.BadParameter
        If the value, or one of several, is such.
    """
    numbers = value if isinstance(value, tuple) else (value,)
    for number in numbers:
        if isinstance(number, float) and not math.isfinite(number):
            raise click.BadParameter(f"{number} is no number that can be used; write one such as 2.5")
    return value


catalogue_option: Decorator = click.option(
    "--catalogue", type=click.Path(path_type=Path), default=None, metavar="FILE",
    help="The catalogue to use; without it, the one the settings name.",
)  # fmt: skip
json_option: Decorator = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object on standard output."
)
tagger_option: Decorator = click.option(
    "--tagger", "taggers", type=click.Path(path_type=Path), multiple=True, metavar="FILE",
    help="TOML file that describes a model of your own; without it, the one the settings name.",
)  # fmt: skip
layout_option: Decorator = click.option(
    "--layout", "layout_name", default=None, metavar="NAME|FILE",
    help="A layout's name (`soundscape layouts`) or a rig's TOML file.",
)  # fmt: skip
seed_option: Decorator = click.option(
    "--seed", type=click.IntRange(0), default=None, help="Another seed: other choices where a role chooses by lot."
)
