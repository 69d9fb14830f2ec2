"""`mine up|down|status|logs|clock|demo|init`: the network as a whole."""

import importlib
import os
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy import ports
from deploy.cli.shown import AsJson, aside, kept_network, out, show_json, show_table, telling
from deploy.docker.environment import write_environment
from deploy.engines import PARTS, SERVICES
from deploy.engines.docker import daemon_answers, publish_key_set
from deploy.errors import Trouble
from deploy.network import Network, home_directory
from shared.clock import instant_text

_REPOSITORY = Path(__file__).parent.parent.parent
_UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}

EngineName = Annotated[
    str | None, typer.Option("--engine", help="docker or local; by default docker when a daemon answers.")
]


def up(
    engine: EngineName = None,
    base_port: Annotated[
        int | None, typer.Option(help="Gives all parts consecutive ports from here; MINE_..._PORT still wins.")
    ] = None,
    virtual_clock: Annotated[
        bool | None, typer.Option("--virtual-clock/--machine-clock", help="Lets `mine clock move` move the time.")
    ] = None,
    seed: Annotated[bool, typer.Option("--seed", help="Fills an empty network with the example's centers.")] = False,
    as_json: AsJson = False,
) -> None:
    """Starts the network, waits until it is ready and prints its addresses. Harmless when it is up already."""
    network, running = _to_start(engine, base_port, virtual_clock)
    if len(running) == len(PARTS) and not as_json:
        aside.print("The network is running already.")
    with telling() as tell:
        network.up(tell)
        if seed:
            _from_the_demo("seed", "seed")(network, tell)
    _show_addresses(network, as_json)


def down(
    wipe: Annotated[bool, typer.Option("--wipe", help="Also removes all data; the keys stay.")] = False,
) -> None:
    """Stops the network. Its data stay unless --wipe is given."""
    network = Network.kept_in(home_directory())
    if network is None:
        aside.print(f"There is no network in {home_directory()}.", markup=False)
        return
    running = network.running()
    with telling() as tell:
        if running:
            tell("stopping " + ", ".join(running))
        network.down(wipe=wipe)
    stopped = f"Stopped {len(running)} parts." if running else "Nothing was running."
    aside.print(stopped + (" All data are gone." if wipe else " The data stay."))


def status(as_json: AsJson = False) -> None:
    """Shows every part, where it is and how it is. Exit code 1 unless all of them are ready."""
    network = kept_network()
    addresses = network.engine.addresses()
    rows = []
    for part in PARTS:
        state = network.state(part)
        complaint = network.complaint(part) if state.running and part in SERVICES else None
        said = complaint or ("ready" if state.running else "")
        rows.append({
            "part": part, "running": state.running, "ready": state.running and complaint is None,
            "detail": f"{state.detail}, {said}" if said else state.detail, "address": addresses.get(part, ""),
        })  # fmt: skip
    if as_json:
        show_json({"engine": network.plan.engine, "home": str(network.plan.home), "parts": rows})
    else:
        show_table(
            ("part", "", "address", ""),
            [
                (str(row["part"]), "up" if row["running"] else "down", str(row["address"]), str(row["detail"]))
                for row in rows
            ],
            title=f"{network.plan.engine} engine, {network.plan.home}",
        )
    if not all(row["ready"] for row in rows):
        raise typer.Exit(1)


def logs(
    part: Annotated[str, typer.Argument(help="A service, or one of kafka, mongo, smtp.")],
    lines: Annotated[int, typer.Option("-n", "--lines", min=0, help="How many of the last lines.")] = 50,
    follow: Annotated[bool, typer.Option("-f", "--follow", help="Goes on until interrupted.")] = False,
) -> None:
    """Prints what a part of the network wrote last."""
    if part not in PARTS:
        raise Trouble(f"there is no part called {part}; there are: {', '.join(PARTS)}")
    network = kept_network()
    for line in network.engine.logs(part, lines):
        print(line)
    if follow:
        command = network.engine.follow(part)
        os.execvp(command[0], [*command])  # noqa: S606  # a program by name, with its arguments


def show_clock(context: typer.Context, as_json: AsJson = False) -> None:
    """Shows what time it is in the network."""
    if context.invoked_subcommand is None:
        _show_time(kept_network(), as_json)


def move_clock(
    by: Annotated[str, typer.Argument(help="How far: 90d, 12h, 30m, 2w, or several: 1d12h.")], as_json: AsJson = False
) -> None:
    """Moves the clock of all services at once, forward only. Needs a network started with --virtual-clock."""
    network = kept_network()
    network.clock.move(duration(by))
    _show_time(network, as_json)


def demo(context: typer.Context) -> None:
    """Plays a year of the network's story on engines of its own, and checks that every effect happened once."""
    raise typer.Exit(_from_the_demo("story", "run")(home_directory(), context.args))


def init(
    force: Annotated[
        bool, typer.Option("--force", help="Replaces an .env that is there; its secrets are lost.")
    ] = False,
) -> None:
    """Writes .env for the docker engine: a copy of .env.example with a fresh random secret wherever one is due.

    Also makes the key that signs tokens, if there is none, and puts its public half where the containers find it.
    """
    write_environment(_REPOSITORY / ".env", replace=force)
    publish_key_set(home_directory())
    aside.print(f"Wrote {_REPOSITORY / '.env'}, readable by you only. Keys: {home_directory() / 'keys'}", markup=False)


# ---- pieces


def _to_start(engine: str | None, base_port: int | None, virtual_clock: bool | None) -> tuple[Network, list[str]]:
    """The network as asked for, and which of its parts run. A running one must not be asked to be another."""
    kept = Network.kept_in(home_directory())
    running = kept.running() if kept else []
    before = kept.plan if kept else None
    chosen_ports = ports.from_environment(base_port, otherwise=before.ports if before else ports.Ports())
    chosen_engine = engine or (before.engine if before and running else None) or _usual_engine()
    chosen_clock = virtual_clock if virtual_clock is not None else bool(before and before.virtual_clock)
    wanted = Network.planned(home_directory(), chosen_ports, engine=chosen_engine, virtual_clock=chosen_clock)
    if kept is None or not running:
        return wanted, []
    now, then = kept.plan, wanted.plan
    if (now.engine, now.ports, now.virtual_clock) != (then.engine, then.ports, then.virtual_clock):
        raise Trouble("the network is up with another engine, clock or ports; stop it first with: mine down")
    return kept, running


def _usual_engine() -> str:
    return "docker" if (_REPOSITORY / "docker-compose.yml").exists() and daemon_answers() else "local"


def _show_addresses(network: Network, as_json: bool) -> None:
    addresses = dict(network.engine.addresses())
    if as_json:
        show_json({"engine": network.plan.engine, "home": str(network.plan.home), "addresses": addresses})
        return
    show_table(("part", "address"), list(addresses.items()))
    out.print(f"Each service describes its API under /openapi.json. Logs and data: {network.plan.home}", markup=False)


def _show_time(network: Network, as_json: bool) -> None:
    virtual = network.plan.virtual_clock
    now = instant_text(network.time())
    if as_json:
        show_json({"now": now, "virtual": virtual})
    else:
        out.print(f"{now}  ({'virtual clock' if virtual else 'the machine’s time'})")


def duration(text: str) -> timedelta:
    """``90d``, ``12h``, ``1d12h``. Raises `Trouble` for anything else."""
    if not re.fullmatch(r"(\d{1,6}[wdhms])+", text):
        raise Trouble(f"{text} is no span of time; write 90d, 12h, 30m, 2w or 1d12h")
    found = re.findall(r"(\d+)([wdhms])", text)
    return sum((timedelta(**{_UNITS[unit]: int(number)}) for number, unit in found), timedelta())


def _from_the_demo(module: str, function: str) -> Callable[..., Any]:
    """Found only when called for: nothing else of the command needs the demo."""
    try:
        found: Callable[..., Any] = getattr(importlib.import_module(f"deploy.demo.{module}"), function)
    except ModuleNotFoundError as missing:
        raise Trouble(f"the demo is not part of this installation: {missing}") from missing
    return found


def add_to(app: typer.Typer) -> None:
    """Adds these commands to the `mine` command."""
    app.command()(up)
    app.command()(down)
    app.command()(status)
    app.command()(logs)
    app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(demo)
    app.command()(init)
    clock = typer.Typer(help="What time it is in the network; moves it where that is allowed.")
    clock.callback(invoke_without_command=True)(show_clock)
    clock.command("move")(move_clock)
    app.add_typer(clock, name="clock")
