"""`soundscape config`: the settings as they are now, in the form in which they can be saved."""

from __future__ import annotations

from dataclasses import asdict

import click

from soundscape.apps.cli.console import print_json
from soundscape.apps.settings import config_path, load_settings


@click.command("config")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
def command(*, as_json: bool) -> None:
    """Print every setting with its value; save the output to the path it names to change one."""
    settings = load_settings()
    if as_json:
        print_json({"path": str(config_path()), "settings": asdict(settings)})
        return
    click.echo(f"# {config_path()}; or SOUNDSCAPE_<NAME> in the environment")
    click.echo(settings.as_toml(), nl=False)
