"""`soundscape panel`: the catalogue's page, for people who do not script."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from soundscape.apps.cli.options import catalogue_option, tagger_option


@click.command("panel")
@click.option("--host", default="127.0.0.1", show_default=True, metavar="HOST",
              help="Where the page is heard; beyond this machine a token is wanted.")  # fmt: skip
@click.option("--port", type=click.IntRange(0, 65535), default=None, metavar="PORT",
              help="53181 without it; 0: any that is free.")  # fmt: skip
@click.option("--name", "known_as", multiple=True, metavar="NAME",
              help="A name under which the page may be called, beside the machine's own.")  # fmt: skip
@click.option("--token-file", type=click.Path(path_type=Path), default=None, metavar="FILE",
              help="A line that whoever uses the page must know; else SOUNDSCAPE_PANEL_TOKEN.")  # fmt: skip
@click.option("--open", "opens", is_flag=True, help="Open the page in this machine's browser.")
@tagger_option
@catalogue_option
def command(
    *, host: str, port: int | None, known_as: tuple[str, ...], token_file: Path | None, opens: bool,
    taggers: tuple[Path, ...], catalogue: Path | None,
) -> None:  # fmt: skip
    """Look at a catalogue in a browser: search, listen, correct tags and boundaries, and see what is learned from it.

    \b
    soundscape panel --catalogue hall.catalogue --open
    SOUNDSCAPE_PANEL_TOKEN=... soundscape panel --host 0.0.0.0 --name sounds.museum.example
    """  # noqa: D301  (click wants the character itself)
    from soundscape.analysis.taggers.stronger import Stronger  # loads what it needs: not for --help
    from soundscape.apps.panel.door import TOKEN_VARIABLE
    from soundscape.apps.panel.server import USUAL_PORT, PanelServer
    from soundscape.apps.settings import load_settings
    from soundscape.exhibit.asked import read_token

    settings = load_settings()
    path = catalogue or Path(settings.catalogue)
    server = PanelServer(
        path, host=host, port=USUAL_PORT if port is None else port, known_as=known_as,
        token=read_token(os.environ, token_file, variable=TOKEN_VARIABLE),
        models=[Stronger(one) for one in taggers or settings.taggers], say=lambda line: click.echo(line, err=True),
    )  # fmt: skip
    with server:
        address = f"http://{_shown(host)}:{server.port}/"
        click.echo(f"{path.name}: {address} (Ctrl-C ends it)")
        if opens:
            click.launch(address)
        try:
            while True:
                time.sleep(3600.0)
        except KeyboardInterrupt:
            if server.learner.row()["is_learning"]:
                click.echo("learning what was corrected last; a moment", err=True)


def _shown(host: str) -> str:
    """The host as it stands in an address: where all are meant, this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)
    return f"[{host}]" if ":" in host else host
