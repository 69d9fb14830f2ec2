"""The walls and pipes: what every service needs, and nothing about centers or visits.

Only ``shared.events`` speaks of the network, because it is the language the services publish.
"""
