"""Forgetting a person, in every service, with a receipt from each; see docs/architecture/erasure.md.

`person` recognises somebody without knowing who it is, `answering` is what every service does when it is asked to
forget, `answer` is the receipt it keeps. The requests themselves are the directory's.
"""
