"""Tokens hold when signed with a known key, in time, by the right issuer for the right audience; else never."""

import base64
import json
import stat
from datetime import timedelta
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given
from hypothesis import strategies as st

from shared.security import Unauthenticated, Verifier, create_key_set, issue_token, rotate_key


@pytest.fixture
def verifier(tmp_path: Path) -> Verifier:
    return Verifier(create_key_set(tmp_path), "mine", "mine")


def signed(directory: Path, **changes: Any) -> str:
    """A token as `issue_token` makes it, with other claims; None leaves a claim out."""
    good = issue_token(directory, "desk-1", roles=["center"], centers=["c-1"])
    claims = {**jwt.decode(good, options={"verify_signature": False}), **changes}
    key: Any = load_pem_private_key((directory / "signing-key.pem").read_bytes(), None)
    kept = {name: value for name, value in claims.items() if value is not None}
    return jwt.encode(kept, key, "EdDSA", headers={"kid": jwt.get_unverified_header(good)["kid"]})


def test_a_token_tells_the_caller(tmp_path: Path, verifier: Verifier) -> None:
    token = issue_token(tmp_path, "desk-1", roles=["center", "coordinator"], centers=["c-1"], networks=["CZ"])
    caller = verifier.verify_header(f"bearer  {token}")
    assert caller.subject == "desk-1"
    assert caller.acts_for("c-1")
    assert caller.coordinates("CZ")


def test_the_private_key_is_for_its_owner_only_and_never_in_the_key_set(tmp_path: Path) -> None:
    key_set = create_key_set(tmp_path / "keys")
    assert stat.S_IMODE((tmp_path / "keys" / "signing-key.pem").stat().st_mode) == 0o600
    (key,) = json.loads(key_set.read_text())["keys"]
    assert "d" not in key
    assert (key["kty"], key["crv"], key["alg"]) == ("OKP", "Ed25519", "EdDSA")


def test_a_second_call_changes_no_key(tmp_path: Path, verifier: Verifier) -> None:
    token = issue_token(tmp_path, "desk-1", roles=["office"])
    before = (tmp_path / "jwks.json").read_bytes()
    create_key_set(tmp_path)
    assert (tmp_path / "jwks.json").read_bytes() == before
    assert verifier.verify(token).has("office")


def test_after_a_rotation_old_and_new_tokens_hold_until_the_old_key_is_taken_out(
    tmp_path: Path, verifier: Verifier
) -> None:
    old = issue_token(tmp_path, "desk-1", roles=["office"])
    assert verifier.verify(old)
    rotate_key(tmp_path)
    new = issue_token(tmp_path, "desk-1", roles=["office"])
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    assert verifier.verify(old)
    assert verifier.verify(new)
    keys = json.loads((tmp_path / "jwks.json").read_text())["keys"]
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": keys[:1]}))
    assert verifier.verify(new)
    with pytest.raises(Unauthenticated):
        verifier.verify(old)


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"keys": [{}]}', '{"keys": [{"kid": "a", "kty": "OKP"}]}'])
def test_while_the_key_set_is_unreadable_the_known_keys_stay(tmp_path: Path, verifier: Verifier, broken: str) -> None:
    token = issue_token(tmp_path, "desk-1", roles=["office"])
    assert verifier.verify(token)
    (tmp_path / "jwks.json").write_text(broken)
    assert verifier.verify(token)


def test_without_a_key_set_no_token_holds(tmp_path: Path) -> None:
    create_key_set(tmp_path)
    token = issue_token(tmp_path, "desk-1", roles=["office"])
    for path in (None, tmp_path / "elsewhere.json"):
        with pytest.raises(Unauthenticated):
            Verifier(path, "mine", "mine").verify(token)


@pytest.mark.parametrize(
    "changes",
    [
        {"exp": 1_000_000_000},
        {"exp": None},
        {"exp": "soon"},
        {"nbf": 9_000_000_000},
        {"iss": "somebody"},
        {"iss": None},
        {"aud": "somebody"},
        {"aud": None},
        {"sub": None},
        {"sub": ""},
        {"sub": 7},
        {"roles": []},
        {"roles": None},
        {"roles": "office"},
        {"roles": ["root"]},
        {"roles": [["office"]]},
        {"centers": "c-1"},
        {"networks": [1]},
    ],
)
def test_a_token_with_wrong_claims_does_not_hold(tmp_path: Path, verifier: Verifier, changes: dict[str, Any]) -> None:
    assert verifier.verify(signed(tmp_path))
    with pytest.raises(Unauthenticated):
        verifier.verify(signed(tmp_path, **changes))


def test_unknown_roles_give_nothing(tmp_path: Path, verifier: Verifier) -> None:
    assert verifier.verify(signed(tmp_path, roles=["center", "root"])).roles == {"center"}


def test_a_token_of_another_key_or_algorithm_does_not_hold(tmp_path: Path, verifier: Verifier) -> None:
    good = issue_token(tmp_path, "desk-1", roles=["office"])
    kid = jwt.get_unverified_header(good)["kid"]
    claims = jwt.decode(good, options={"verify_signature": False})
    create_key_set(tmp_path / "other")
    stranger: Any = load_pem_private_key((tmp_path / "other" / "signing-key.pem").read_bytes(), None)
    public = base64.urlsafe_b64decode(json.loads((tmp_path / "jwks.json").read_text())["keys"][0]["x"] + "=")
    no_key: Any = None
    forged = [
        jwt.encode(claims, stranger, "EdDSA", headers={"kid": kid}),
        jwt.encode(claims, public, "HS256", headers={"kid": kid}),
        jwt.encode(claims, rsa.generate_private_key(65537, 2048), "RS256", headers={"kid": kid}),
        jwt.encode(claims, no_key, "none", headers={"kid": kid}),
        issue_token(tmp_path / "other", "desk-1", roles=["office"]),
        good[:-4] + "AAAA",
        good.rsplit(".", 1)[0] + ".",
    ]
    for token in forged:
        with pytest.raises(Unauthenticated) as refused:
            verifier.verify(token)
        assert token not in str(refused.value)


def test_a_just_expired_token_holds_for_the_leeway_only(tmp_path: Path, verifier: Verifier) -> None:
    assert verifier.verify(issue_token(tmp_path, "desk-1", roles=["office"], lifetime=timedelta(seconds=-3)))
    with pytest.raises(Unauthenticated, match="expired"):
        verifier.verify(issue_token(tmp_path, "desk-1", roles=["office"], lifetime=timedelta(seconds=-7)))


@pytest.mark.parametrize(
    ("subject", "roles"), [("marie@example.org", ["office"]), ("", ["office"]), ("desk-1", []), ("desk-1", ["root"])]
)
def test_no_token_for_a_mail_address_or_an_unknown_role(tmp_path: Path, subject: str, roles: list[str]) -> None:
    create_key_set(tmp_path)
    with pytest.raises(ValueError, match=r"token|account"):
        issue_token(tmp_path, subject, roles=roles)


_PARTS = st.one_of(
    st.text(max_size=20),
    st.binary(max_size=20).map(lambda raw: base64.urlsafe_b64encode(raw).decode()),
    st.recursive(st.none() | st.integers() | st.text(max_size=5), lambda inner: st.dictionaries(st.text(), inner)).map(
        lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")
    ),
)


@pytest.fixture(scope="module")
def standing_verifier(tmp_path_factory: pytest.TempPathFactory) -> Verifier:
    return Verifier(create_key_set(tmp_path_factory.mktemp("keys")), "mine", "mine")


@given(st.lists(_PARTS, max_size=4).map(".".join), st.sampled_from(["Bearer ", "bearer", "Basic ", ""]))
def test_no_header_whatsoever_does_more_than_be_refused(standing_verifier: Verifier, token: str, scheme: str) -> None:
    with pytest.raises(Unauthenticated):
        standing_verifier.verify_header(scheme + token)
