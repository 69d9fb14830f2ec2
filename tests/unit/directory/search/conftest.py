import pytest

from services.directory.search import warm_up


@pytest.fixture(autouse=True, scope="session")
def compiled() -> None:
    """What is compiled before the tests is not held against the first of them."""
    warm_up()
