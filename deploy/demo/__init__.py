"""The network's story, played on engines of its own and counted from outside; and an example for a network that stays.

``story`` plays a year and checks it, ``seed`` fills a network that goes on running. Both speak to the services over
HTTP only, read mail where mail arrives, and read the topics as a stranger would.
"""
