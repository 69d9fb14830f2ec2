"""Plays a year of the network's story on engines of its own, counts what happened, and writes it down.

``mine demo [--keep] [--home DIRECTORY] [--engine local|docker]``: the network lives in ``var/demo`` (below MINE_HOME if
that is set), on free ports, so one that runs is not disturbed. Exit code 0 if every expectation came true, 1 if not.
"""

import argparse
import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

from deploy.demo import checks
from deploy.demo.centers import List, write_list
from deploy.demo.chapters import (
    campaign,
    corrections,
    directory,
    exchange,
    figures,
    finding,
    freshness,
    initiatives,
    networks,
    newsletter,
    opendata,
    past,
    people,
    practices,
    readers,
    storm,
    year,
)
from deploy.demo.client import Client
from deploy.demo.ledger import Ledger
from deploy.demo.mail import Mailbox
from deploy.demo.report import Report
from deploy.demo.stage import Stage
from deploy.demo.watch import Stranger
from deploy.engines import Tell
from deploy.engines.docker import daemon_answers
from deploy.network import Network
from deploy.ports import free_ports

Chapter = tuple[str, Sequence[Callable[[Stage], Awaitable[None]]]]

CHAPTERS: Sequence[Chapter] = (
    ("750 centers come in", (directory.centers_come_in, directory.a_new_center_opens)),
    ("The map of a past day", (past.the_map_of_a_past_day,)),
    (
        "Networks",
        (
            networks.networks_are_founded,
            networks.centers_apply,
            networks.who_was_a_member_then,
            networks.a_partner_is_found,
        ),
    ),
    ("Finding a center", (finding.words_find_it, finding.near_a_point, finding.open_on_thursday_morning)),
    ("Entries are put right", (corrections.a_stranger_knows_better, corrections.two_entries_are_one_center)),
    ("Open data", (opendata.a_city_takes_a_copy, opendata.tables_and_maps)),
    ("The year in figures", (figures.houses_report_their_year,)),
    ("Houses open their doors, and Praha goes to learn", (exchange.houses_offer_to_host, exchange.praha_goes_to_learn)),
    ("A host closes", (exchange.a_host_closes,)),
    ("300 readers", (readers.readers_sign_up, people.somebody_may_be_asked)),
    ("How do we want to raise our children?", (campaign.the_campaign_begins, campaign.rooms_talk)),
    ("The storm: every service is killed", (storm.services_die,)),
    ("The rooms add up", (campaign.the_rooms_add_up,)),
    ("The visits are held", (exchange.the_visits_are_held,)),
    ("What comes of a visit", (initiatives.a_visit_is_followed_by_an_idea, practices.a_practice_is_written_down)),
    ("News goes out", (newsletter.news_goes_out, newsletter.one_leaves)),
    ("The year goes on", (year.the_seasons_change,)),
    ("Is it still true?", (freshness.one_click_confirms, freshness.who_does_nothing_lapses)),
    (
        "A new center, and where all of them came from",
        (initiatives.it_opens_its_doors, initiatives.the_family_is_drawn),
    ),
    ("Somebody wants to be forgotten", (people.somebody_wants_to_be_forgotten,)),
    ("The year ends", (newsletter.the_year_is_told, year.the_year_ends)),
    (
        "The count",
        (
            checks.every_command_has_exactly_one_effect,
            checks.the_topics_keep_their_promise,
            checks.calendars_and_visits_agree,
            checks.everybody_sees_the_same,
            opendata.the_citys_copy_is_true,
        ),
    ),
)


def run(home: Path, arguments: Sequence[str] = ()) -> int:
    """Plays the story; 0 if every expectation came true, else 1. `Trouble` when the engines cannot be started."""
    options = _parser(home).parse_args(list(arguments))
    report = Report()
    network = _fresh_network(options.home.absolute(), options.engine)
    listed = write_list(network.plan.home / "centers.csv", datetime.now(UTC).date())
    try:
        report.chapter("A network of its own")
        network.up(_each_once(report.say))
        report.say(f"it lives in {network.plan.home}, with a clock that can be moved")
        asyncio.run(_play(network, listed, report))
    finally:
        report.write(network.plan.home / "report.json")
        if not options.keep:
            network.down()
    report.say(f"written down in {network.plan.home / 'report.json'}")
    if options.keep:
        report.say(f"the network goes on running; stop it with: MINE_HOME={network.plan.home} mine down")
    return 0 if report.ok else 1


async def _play(network: Network, listed: List, report: Report) -> None:
    ledger, stranger = Ledger(), Stranger(network.address("kafka"))
    async with Client(network, ledger) as client, Mailbox(network.address("mail-page")) as mailbox:
        stage = Stage(network, client, ledger, stranger, mailbox, report, listed)
        try:
            await stranger.start()
            for title, parts in CHAPTERS:
                report.chapter(title)
                for part in parts:
                    await part(stage)
        except Exception as error:  # whatever it is: the story broke off, and that is what has to be told
            report.expect("the story is played to its end", False, f"{type(error).__name__}: {error}")
        else:
            report.expect("the story is played to its end", True, f"{stage.days_passed} days in {report.seconds:.0f} s")
        finally:
            await stranger.stop()
            await _sum_up(stage)


async def _sum_up(stage: Stage) -> None:
    """The closing tables, and the same numbers for the report."""
    ledger, stranger, report = stage.ledger, stage.stranger, stage.report
    mails = await stage.mailbox.received()
    effects = sum(seen.caused_by is not None for seen in stranger.events)
    report.count({
        "days": stage.days_passed,
        "commands": {"accepted": ledger.commands, "by_service": dict(ledger.by_service),
                     "without_receipt": dict(ledger.without_receipt), "unanswered": dict(ledger.unanswered),
                     "carried_out_before": ledger.answered_again},
        "events": stranger.per_topic(),
        "delivered_again": stranger.repeats,
        "effects": effects,
        "mails": mails,
        "killed": stage.cast.killed,
    })  # fmt: skip
    report.table("Events per topic", ("topic", "events"), list(stranger.per_topic().items()))
    once = report.counts.get("every_accepted_command_has_exactly_one_effect", False)
    killed = ", ".join(f"{each['service']} ({each['away_s']} s)" for each in stage.cast.killed) or "nobody"
    rows = [
        ("commands accepted", f"{ledger.commands:,}"),
        ("attempts without an answer, repeated with their key", f"{ledger.unanswered.total():,}"),
        ("events on the topics", f"{len(stranger.events):,}"),
        ("of them effects of other events", f"{effects:,}"),
        ("mails", f"{mails:,}"),
        ("killed with SIGKILL (away for)", killed),
        ("every accepted command has exactly one effect", "yes" if once else "NO"),
        ("expectations that came true", f"{sum(e.ok for e in report.expectations)} of {len(report.expectations)}"),
    ]
    report.table("The year in numbers", ("", ""), rows)


def _usual_engine() -> str:
    """Plain processes where there is a JDK with Maven: they start quicker. Else containers, if a daemon answers."""
    java = shutil.which("javac") and shutil.which("mvn")
    return "docker" if not java and daemon_answers() else "local"


def _fresh_network(home: Path, engine: str) -> Network:
    """A network in ``home`` with nothing in it; what an earlier telling left there is removed."""
    if engine == "docker":  # the stranger reads Kafka from outside the containers
        os.environ.setdefault("COMPOSE_FILE", "docker-compose.yml:deploy/docker/compose.kafka-published.yml")
    earlier = Network.kept_in(home)
    if earlier is not None:
        earlier.down(wipe=True)
    for name in ("imports", "newsletter"):
        shutil.rmtree(home / name, ignore_errors=True)
    return Network.planned(
        home,
        free_ports(),
        engine=engine,
        virtual_clock=True,
        environment={"MINE_TRUSTED_PROXIES": "1"},  # every reader comes from an address of their own
    )


def _each_once(tell: Tell) -> Tell:
    """Tells nothing twice."""
    told: set[str] = set()

    def once(text: str) -> None:
        if text not in told:
            told.add(text)
            tell(text)

    return once


def _parser(home: Path) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("mine demo", description="Plays a year of the network's story, and checks it.")
    parser.add_argument("--home", type=Path, default=home / "demo", help="where the network lives (%(default)s)")
    parser.add_argument("--keep", action="store_true", help="leave the network running at the end")
    parser.add_argument("--engine", choices=("local", "docker"), default=_usual_engine(), help="default: %(default)s")
    return parser
