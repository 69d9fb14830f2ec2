"""Brings lists of centers into a running network through its API: CSV, JSON, and HSDS data of others.

The way of a line: `reading` (and `encoding`, `hsds_files`) opens the file, `rows` makes a registration of it by
`fields`, `cells`, `hours` and the `mapping` (`hsds` does so for foreign data); `lists` puts that together. `sending`
brings the rows to the `directory`, `notes` remembers which are in, and `report` tells what became of each.
"""
