"""What every test may ask for."""

import os

from shared.testing.network import PERSON_KEY

os.environ.setdefault("MINE_PERSON_KEY", PERSON_KEY)  # no service starts without one

pytest_plugins = ["tests.engines"]
