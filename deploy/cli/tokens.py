"""`mine token`: who may use the network's API."""

from datetime import timedelta
from typing import Annotated

import typer

from deploy.cli.shown import AsJson, kept_network, show_json


def token(
    role: Annotated[list[str], typer.Option(help="office, coordinator, center, editor, publisher or moderator.")],
    center: Annotated[list[str] | None, typer.Option(help="Id of a center that it may act for.")] = None,
    network: Annotated[list[str] | None, typer.Option(help="Network or country that it coordinates.")] = None,
    subject: Annotated[str, typer.Option(help="The account's name in the records; not a mail address.")] = "operator",
    hours: Annotated[float, typer.Option(min=0.01, help="How long it holds.")] = 12.0,
    as_json: AsJson = False,
) -> None:
    """Prints a signed token for this network's API. --role, --center and --network can be given several times."""
    signed = kept_network().token(
        *role, centers=center or (), networks=network or (), subject=subject, lifetime=timedelta(hours=hours)
    )
    if as_json:
        show_json({"token": signed})
    else:
        print(signed)


def add_to(app: typer.Typer) -> None:
    """Adds the command to the `mine` command."""
    app.command()(token)
