"""Bearer tokens: JWT signed with Ed25519, public keys in a JWKS file that may change while services run.

Tokens live in real time, also where the services' own clock is virtual.
"""

import json
import os
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from jwt.algorithms import OKPAlgorithm
from jwt.utils import base64url_encode

from shared.security.caller import ROLES, Identity

ALGORITHM = "EdDSA"
LEEWAY_S = 5
PRIVATE_KEY, KEY_SET = "signing-key.pem", "jwks.json"


class Unauthenticated(Exception):
    """No token where one is needed, or one that does not hold (401)."""


def create_key_set(directory: Path) -> Path:
    """Makes a signing key (readable by its owner only) and the public ``jwks.json``, if they are not there yet.

    Returns the path of the key set; the services need this file, and nothing else in the directory.
    """
    if not (directory / PRIVATE_KEY).exists() or not (directory / KEY_SET).exists():
        rotate_key(directory)
    return directory / KEY_SET


def rotate_key(directory: Path) -> None:
    """Signs with a new key from now on. Older public keys stay in the set, so that tokens out there go on to hold."""
    directory.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    key_set = directory / KEY_SET
    keys = json.loads(key_set.read_text())["keys"] if key_set.exists() else []
    _replace(key_set, json.dumps({"keys": [_public_jwk(key), *keys]}, indent=2).encode(), 0o644)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    _replace(directory / PRIVATE_KEY, pem, 0o600)


def issue_token(
    directory: Path,
    subject: str,
    *,
    roles: Iterable[str],
    centers: Iterable[str] = (),
    networks: Iterable[str] = (),
    lifetime: timedelta = timedelta(hours=12),
    issuer: str = "mine",
    audience: str = "mine",
) -> str:
    """A token for ``subject``, signed with the key in ``directory``.

    ValueError for an unknown role, no role, or a subject that is a mail address; FileNotFoundError without a key.
    """
    roles = sorted(roles)
    if not roles or not set(roles) <= ROLES:
        raise ValueError(f"a token needs at least one role, out of: {', '.join(sorted(ROLES))}")
    if not subject or "@" in subject:
        raise ValueError("the subject is the name of an account, not a mail address")
    key = load_pem_private_key((directory / PRIVATE_KEY).read_bytes(), None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{PRIVATE_KEY} does not hold an Ed25519 key")
    now = datetime.now(UTC)
    claims = {
        "sub": subject,
        "roles": roles,
        "centers": sorted(centers),
        "networks": sorted(networks),
        "iss": issuer,
        "aud": audience,
        "iat": now,
        "exp": now + lifetime,
    }
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": _public_jwk(key)["kid"]})


class Verifier:
    """Checks tokens against a key set file. Without a file no token holds.

    A changed file counts from the next token on; while it cannot be read, the keys last known stay.
    """

    def __init__(self, key_set: Path | None, issuer: str, audience: str) -> None:
        self._path, self._issuer, self._audience = key_set, issuer, audience
        self._keys: dict[str, jwt.PyJWK] = {}
        self._read_state: tuple[int, int, int] | None = None

    def verify_header(self, authorization: str) -> Identity:
        """The caller behind an ``Authorization`` header; raises `Unauthenticated`."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer":
            raise Unauthenticated("only bearer tokens are accepted")
        return self.verify(token.strip())

    def verify(self, token: str) -> Identity:
        """The caller a token was issued to; raises `Unauthenticated`, which does not repeat anything of the token."""
        try:
            claims = jwt.decode(
                token,
                self._key_for(token),
                algorithms=[ALGORITHM],
                issuer=self._issuer,
                audience=self._audience,
                leeway=LEEWAY_S,
                options={"require": ["exp", "iss", "aud", "sub"]},
            )
        except jwt.ExpiredSignatureError:
            raise Unauthenticated("the token has expired") from None
        except jwt.InvalidTokenError:
            raise Unauthenticated("the token is not valid here") from None
        return _identity(claims)

    def _key_for(self, token: str) -> jwt.PyJWK:
        self._reload()
        key = self._keys.get(str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise jwt.InvalidTokenError("unknown key")
        return key

    def _reload(self) -> None:
        if self._path is None:
            return
        try:
            status = self._path.stat()
            state = (status.st_ino, status.st_mtime_ns, status.st_size)
            if state == self._read_state:
                return
            keys = json.loads(self._path.read_bytes())["keys"]
            self._keys = {key["kid"]: jwt.PyJWK(key, ALGORITHM) for key in keys if key["kty"] == "OKP"}
            self._read_state = state
        except (OSError, ValueError, KeyError, TypeError, jwt.PyJWTError):
            return


def _identity(claims: dict[str, Any]) -> Identity:
    lists = {name: claims.get(name, []) for name in ("roles", "centers", "networks")}
    for value in lists.values():
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise Unauthenticated("the token is not valid here")
    roles = frozenset(lists["roles"]) & ROLES
    if not roles or not claims["sub"]:
        raise Unauthenticated("the token carries no role of this network")
    return Identity(claims["sub"], roles, frozenset(lists["centers"]), frozenset(lists["networks"]))


def _public_jwk(key: Ed25519PrivateKey) -> dict[str, Any]:
    jwk: dict[str, Any] = OKPAlgorithm.to_jwk(key.public_key(), as_dict=True)
    thumbprint = json.dumps({name: jwk[name] for name in ("crv", "kty", "x")}, separators=(",", ":"), sort_keys=True)
    kid = base64url_encode(sha256(thumbprint.encode()).digest()).decode()  # RFC 7638
    return {"kty": jwk["kty"], "crv": jwk["crv"], "x": jwk["x"], "kid": kid, "use": "sig", "alg": ALGORITHM}


def _replace(path: Path, content: bytes, mode: int) -> None:
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    draft.replace(path)
