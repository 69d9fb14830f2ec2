"""What every test may ask for."""

import os

from hypothesis import settings

from shared.testing.network import PERSON_KEY

os.environ.setdefault("MINE_PERSON_KEY", PERSON_KEY)  # no service starts without one

settings.register_profile("any machine", deadline=None)  # no test asserts on seconds
settings.load_profile("any machine")

pytest_plugins = ["tests.engines"]
