"""The directory's open data: a center as HSDS, a line of a table, a feature on a map, a contact card, a page.

Every form is made of an `Entry` and of nothing else, so what a center does not show cannot get into any of them. How
to use it: docs/guides/open-data.md.
"""
