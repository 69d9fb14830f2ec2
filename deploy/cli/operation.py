"""`mine topics|dead-letters|doctor`: looking after a network that runs."""

import asyncio
import logging
import subprocess
from dataclasses import asdict
from typing import Annotated, Any

import httpx
import typer

from deploy.cli.shown import AsJson, ServiceName, aside, kept_network, out, show_json, show_table, telling
from deploy.doctor import examine
from deploy.engines import SERVICES
from deploy.errors import Trouble
from deploy.network import Network, home_directory

KafkaAddress = Annotated[
    str | None, typer.Option("--kafka", envvar="MINE_KAFKA", help="A broker elsewhere; by default this network's own.")
]
_REPUBLISHING_MAY_TAKE_S = 3600.0


def topics(context: typer.Context, kafka: KafkaAddress = None, as_json: AsJson = False) -> None:
    """Lists the topics, and how many records lie in each."""
    if context.invoked_subcommand is not None:
        return
    from shared.messaging.log import LogUnavailable
    from shared.messaging.topics import topic_states

    if kafka is None:
        _go_where_the_broker_is("topics", *(["--json"] if as_json else []))
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    try:
        states = asyncio.run(topic_states(kafka or _own_broker()))
    except LogUnavailable as error:
        raise Trouble(str(error)) from error
    if as_json:
        show_json([{"topic": each.name, "partitions": each.partitions, "records": each.records} for each in states])
    else:
        rows = [(each.name, str(each.partitions), str(each.records)) for each in states]
        show_table(("topic", "partitions", "records"), rows)


def create(kafka: KafkaAddress = None, as_json: AsJson = False) -> None:
    """Creates the topics of the catalogue that are missing. `mine up` does this by itself."""
    from shared.events.catalogue import topics as catalogue
    from shared.messaging.log import LogUnavailable
    from shared.messaging.topics import create_topics

    if kafka is None:
        _go_where_the_broker_is("topics", "create", *(["--json"] if as_json else []))
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    try:
        created = asyncio.run(create_topics(kafka or _own_broker(), catalogue()))
    except LogUnavailable as error:
        raise Trouble(str(error)) from error
    if as_json:
        show_json({"created": created})
    else:
        aside.print(f"{len(created)} topics created, {len(catalogue()) - len(created)} were there.")


def republish(
    service: ServiceName,
    topic: Annotated[str | None, typer.Option(help="Only this topic; by default all of the service's.")] = None,
    as_json: AsJson = False,
) -> None:
    """Publishes a service's journal again, so that a lost or damaged topic is rebuilt. Harmless to its readers."""
    network = kept_network()
    with telling() as tell:
        tell(f"republishing {topic or f'all topics of {service}'}")
        answer = _ask(network, service, "POST", "/admin/republish", {"topic": topic}, _REPUBLISHING_MAY_TAKE_S)
    _show_count(answer, "events published again", as_json)


def rebuild(
    service: ServiceName,
    name: Annotated[str, typer.Argument(help="A mirror or a read model of the service, e.g. search.")],
    as_json: AsJson = False,
) -> None:
    """Makes a service's mirror or read model anew; its requests are answered meanwhile as far as that goes."""
    network = kept_network()
    with telling() as tell:
        tell(f"rebuilding {name}")
        answer = _ask(network, service, "POST", "/admin/rebuild", {"name": name}, _REPUBLISHING_MAY_TAKE_S)
    _show_count(answer, "records read", as_json)


def list_dead_letters(service: ServiceName, as_json: AsJson = False) -> None:
    """Lists what a service could not handle: where it came from, why, and how often it was tried."""
    letters: list[dict[str, Any]] = _ask(kept_network(), service, "GET", "/admin/dead-letters")
    if as_json:
        show_json(letters)
    elif not letters:
        out.print("There are none.")
    else:
        rows = [[str(letter.get(name, "")) for name in ("id", "at", "attempts", "reason")] for letter in letters]
        show_table(("id", "at", "attempts", "reason"), rows)


def retry_dead_letters(
    service: ServiceName,
    id: Annotated[list[str] | None, typer.Option(help="Only this one; by default all. Can be given again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Sends dead letters to their topics again, once their cause is mended."""
    _show_count(
        _ask(kept_network(), service, "POST", "/admin/dead-letters/retry", {"ids": id or None}), "sent again", as_json
    )


def doctor(as_json: AsJson = False) -> None:
    """Examines the machine and the network, and explains what is wrong and what to do. Exit code 1 if anything is."""
    logging.getLogger("aiokafka").addHandler(logging.NullHandler())
    findings = examine(home_directory())
    if as_json:
        wrong = [finding.about for finding in findings if not finding.well]
        show_json({"well": not wrong, "findings": [asdict(finding) for finding in findings]})
    else:
        for finding in findings:
            mark = "[green]ok[/]   " if finding.well else "[red]wrong[/]"
            out.print(mark, f"[bold]{finding.about}[/]:", end=" ")
            out.print(finding.told, markup=False)
            if finding.remedy:
                out.print(f"        {finding.remedy}", markup=False)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def _go_where_the_broker_is(*arguments: str) -> None:
    """Where only containers reach the broker, the same command is run in one, and this one ends as that did."""
    command = kept_network().engine.beside_the_broker(*arguments)
    if command is not None:
        raise typer.Exit(subprocess.run(command, check=False).returncode)


def _own_broker() -> str:
    return kept_network().address("kafka")


def _show_count(answer: dict[str, int], text: str, as_json: bool) -> None:
    if as_json:
        show_json(answer)
    else:
        aside.print(f"{answer['count']} {text}.")


def _ask(network: Network, service: str, method: str, path: str, body: object = None, timeout_s: float = 60.0) -> Any:
    """Asks a running service, as the office. Raises `Trouble` with what it says when it refuses."""
    if service not in SERVICES:
        raise Trouble(f"there is no service {service}; there are: {', '.join(SERVICES)}")
    try:
        with network.client(service, network.token("office"), timeout=timeout_s) as client:
            answer = client.request(method, path, json=body)
    except httpx.TransportError as error:
        raise Trouble(f"{service} does not answer at {network.address(service)}: {error}; see: mine doctor") from error
    if not answer.is_success:
        try:
            detail = answer.json()["detail"]
        except (ValueError, KeyError, TypeError):
            detail = answer.reason_phrase
        raise Trouble(f"{service} refuses: {detail} (HTTP {answer.status_code})")
    return answer.json()


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the `mine` command."""
    of_topics = typer.Typer(help="Lists, creates and rebuilds topics.")
    of_topics.callback(invoke_without_command=True)(topics)
    of_topics.command("create")(create)
    of_topics.command("republish")(republish)
    app.add_typer(of_topics, name="topics")
    app.command()(rebuild)
    letters = typer.Typer(help="What services could not handle.", no_args_is_help=True)
    letters.command("list")(list_dead_letters)
    letters.command("retry")(retry_dead_letters)
    app.add_typer(letters, name="dead-letters")
    app.command()(doctor)
