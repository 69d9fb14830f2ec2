"""Mail addresses: which ones are taken, and when two of them are the same."""

from typing import Annotated

from email_validator import EmailNotValidError, validate_email
from pydantic import AfterValidator, Field


def checked(address: str) -> str:
    """The address as mail is sent to it: its domain in lower case and ASCII. ValueError for anything else than a plain
    address; whether it exists only the confirmation mail can tell.
    """
    try:
        found = validate_email(address, check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError:
        raise ValueError("this is no mail address that mail can be sent to") from None
    if found.ascii_email is None:
        raise ValueError("the part before the @ must be plain ASCII")
    return found.ascii_email


def compared(address: str) -> str:
    """The spelling by which two addresses are the same."""
    return address.lower()


MailAddress = Annotated[str, Field(max_length=254, examples=["jana@example.org"]), AfterValidator(checked)]
"""A mail address in a request."""
