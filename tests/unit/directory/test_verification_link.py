"""A center confirms its profile by one click of a signed link, without an account."""

from collections.abc import Callable
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from shared.testing import MemoryNetwork
from tests.unit.directory.conftest import Desk


@pytest.fixture
async def link(network: MemoryNetwork, office: Desk, praha_id: str) -> str:
    """The path of the link that the center in Praha gets when its year is over."""
    network.clock.move(timedelta(days=366))
    await network.settle()
    return urlsplit((await office.get(f"/centers/{praha_id}/verification-link")).json()["url"]).path


async def check(desk: Desk, center: str) -> str:
    return str((await desk.get(f"/centers/{center}")).json()["check"])


async def test_one_click_restores_everything_and_opening_the_page_nothing(
    network: MemoryNetwork, everybody: Desk, praha_id: str, link: str
) -> None:
    shown = await everybody.client.get(link, headers={"Accept-Language": "cs"})
    assert shown.status_code == 200
    assert all(text in shown.text for text in ("Mateřské centrum Praha", "Hejnická 538", "Otevřená kavárna"))
    assert await check(everybody, praha_id) == "due"
    pressed = await everybody.client.post(link)
    assert (pressed.status_code, "Thank you" in pressed.text) == (200, True)
    assert await check(everybody, praha_id) == "fresh"
    await network.settle()
    last = network.events("directory.center.v1", praha_id)[-1]
    assert (last.type.split(".")[3], last.data["by"]) == ("CenterVerified", "center")


async def test_pressed_twice_it_is_confirmed_once(
    network: MemoryNetwork, everybody: Desk, praha_id: str, link: str
) -> None:
    for _ in range(2):
        assert (await everybody.client.post(link)).status_code == 200
    await network.settle()
    types = [event.type.split(".")[3] for event in network.events("directory.center.v1", praha_id)]
    assert types.count("CenterVerified") == 1


async def test_a_link_is_good_until_somebody_confirms(office: Desk, everybody: Desk, praha_id: str, link: str) -> None:
    await office.done("POST", f"/centers/{praha_id}/verification", {})
    for answer in (await everybody.client.get(link), await everybody.client.post(link)):
        assert (answer.status_code, "Already confirmed" in answer.text) == (410, True)


async def test_a_lapsed_center_comes_back_by_its_link(
    network: MemoryNetwork, everybody: Desk, praha_id: str, link: str
) -> None:
    network.clock.move(timedelta(days=100))
    await network.settle()
    assert await check(everybody, praha_id) == "lapsed"
    await everybody.client.post(link)
    assert await check(everybody, praha_id) == "fresh"


@pytest.mark.parametrize("spoiled", ["cut", "changed", "made up"])
async def test_a_link_that_nobody_here_made_is_explained(everybody: Desk, link: str, spoiled: str) -> None:
    path = {"cut": link[:-3], "changed": link.replace("/verify/", "/verify/x"), "made up": "/verify/a.2026-03-01.b"}
    for answer in (await everybody.client.get(path[spoiled]), await everybody.client.post(path[spoiled])):
        assert (answer.status_code, "This link is not valid" in answer.text) == (404, True)


async def test_a_closed_center_has_nothing_to_confirm(office: Desk, everybody: Desk, praha_id: str, link: str) -> None:
    await office.done("POST", f"/centers/{praha_id}/closing", {"reason": "other"})
    assert (await everybody.client.post(link)).status_code == 410


async def test_only_the_centers_people_get_the_link(
    everybody: Desk, house: Callable[[str], Desk], coordinator: Callable[..., Desk], praha_id: str
) -> None:
    path = f"/centers/{praha_id}/verification-link"
    assert (await everybody.get(path)).status_code == 401
    assert (await house("brno").get(path)).status_code == 403
    assert (await coordinator("SK").get(path)).status_code == 403
    for insider in (house(praha_id), coordinator("CZ")):
        assert (await insider.get(path)).status_code == 200
