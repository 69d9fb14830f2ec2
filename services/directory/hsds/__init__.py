"""The directory in the words of HSDS 3.0, the Human Services Data Specification of Open Referral.

`records` are HSDS's objects. One module for each part of a center turns an `Entry` into them; these are pure functions.
How the parts correspond, and why, is said in docs/guides/open-data.md and docs/decisions/hsds.md.
"""

VERSION = "3.0"
