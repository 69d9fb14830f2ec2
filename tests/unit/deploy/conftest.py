"""A home directory of its own for every test, so that no test meets the network of whoever runs it."""

from pathlib import Path

import pytest

from deploy.ports import Ports, setting


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "home"
    monkeypatch.setenv("MINE_HOME", str(home))
    for name in Ports().as_dict():
        monkeypatch.delenv(setting(name), raising=False)
    return home
