"""Small pages for people: a title, some text, at most one button. They need no script and set no cookie.

Opening a page changes nothing: mail scanners open every link they see. Only its button does, by a POST to the page's
own address.
"""

import re
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from importlib.resources import files

from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

_RIGHT_TO_LEFT = frozenset(
    {"aeb", "apc", "ar", "arq", "ary", "arz", "ckb", "dv", "fa", "he", "prs", "ps", "ug", "ur", "yi"}
)
_STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)


def direction(language: str) -> str:
    """``rtl`` or ``ltr``, for the ``dir`` attribute."""
    return "rtl" if language.split("-", maxsplit=1)[0] in _RIGHT_TO_LEFT else "ltr"


def templates(package: str) -> Environment:
    """The templates in the folder ``templates`` of a package. HTML is always escaped."""
    return Environment(
        loader=PackageLoader(package, "templates"),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def policy(package: str, template: str, *, form: bool = False) -> str:
    """A Content-Security-Policy for a page: its own style, by its digest, its own form if it has one, nothing else."""
    source = files(package).joinpath("templates", template).read_text(encoding="utf-8")
    style = _STYLE.search(source)
    assert style is not None
    digest = b64encode(sha256(style.group(1).encode()).digest()).decode()
    allowed = [f"style-src 'sha256-{digest}'", *(["form-action 'self'"] if form else [])]
    return "; ".join(["default-src 'none'", *allowed, "base-uri 'none'", "frame-ancestors 'none'"])


_PAGE = templates("shared.http").get_template("page.html")
_POLICY = policy("shared.http", "page.html", form=True)


def page(
    language: str,
    title: str,
    *paragraphs: str,
    status: int = 200,
    button: str | None = None,
    hidden: Mapping[str, str] | None = None,
    choices: Mapping[str, str] | None = None,
    choices_label: str = "",
    chosen: str = "",
) -> HTMLResponse:
    """A page in ``language`` with at most one button, whose form posts to the page's own address."""
    content = _PAGE.render(
        language=language,
        dir=direction(language),
        title=title,
        paragraphs=paragraphs,
        button=button,
        hidden=hidden or {},
        choices=choices,
        choices_label=choices_label,
        chosen=chosen,
    )
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store", "Content-Language": language}
    return HTMLResponse(content, status, headers=headers)
