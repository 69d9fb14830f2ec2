"""``python -m deploy.cli`` is ``mine``."""

from deploy.cli import main

main()
