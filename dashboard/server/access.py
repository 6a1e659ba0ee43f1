"""Who may look and who may change studies: lists of addresses beside the login in ``.streamlit/secrets.toml``.

Without a login there, everybody who reaches the server may do all that it allows.
"""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import streamlit as st
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool, ValidationError
from streamlit.errors import StreamlitSecretNotFoundError

from backend.errors import UserError

_FILE = "secrets.toml"
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
_ENTRY = re.compile(r"[^@\s]*@[^@\s]+")
_SHORTEST_SECRET = 32
_VERIFIED: Final = "email_verified"
_ASCII_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
Role = Literal["editor", "viewer"]


class AccessError(UserError):
    """The visitor may not see studies here.

    Attributes:
        signed_in: the address that they are signed in with; "" before that.
    """

    def __init__(self, message: str, signed_in: str = "") -> None:
        super().__init__(message)
        self.signed_in = signed_in


class SignedOutError(AccessError):
    """The visitor has not signed in."""


@dataclass(frozen=True)
class Visitor:
    """Who is looking.

    Attributes:
        name: their address; "" where nobody signs in.
        may_write: whether they may change studies.
    """

    name: str
    may_write: bool


def _address(entry: str) -> str:
    if not _ENTRY.fullmatch(entry.strip()):
        raise ValueError(f"{entry!r} is no address; give ann@lab.org, or @lab.org for all of a domain")
    return _folded(entry.strip())


def _folded(address: str) -> str:
    """An address as it is compared.

    Only ASCII letters are folded: Unicode's lower case would make the Kelvin sign a "k", and so another address equal.
    """
    return address.translate(_ASCII_LOWER)


class People(BaseModel):
    """The section ``[access]``: addresses, or ``@domain`` for all of a domain.

    Attributes:
        editors: who may do everything.
        viewers: who may look.
        contact: who to ask for access.
        trust_unverified: whether to admit logins that do not say whether the address is verified.
    """

    model_config = ConfigDict(extra="forbid")

    editors: list[Annotated[str, AfterValidator(_address)]] = Field(default_factory=list)
    viewers: list[Annotated[str, AfterValidator(_address)]] = Field(default_factory=list)
    contact: str = ""
    trust_unverified: StrictBool = False

    def role(self, address: str) -> Role | None:
        """What an address may do; None for one in no list."""
        if not _ADDRESS.fullmatch(address):
            return None
        folded = _folded(address)
        names = {folded, f"@{folded.rpartition('@')[2]}"}
        if names & set(self.editors):
            return "editor"
        return "viewer" if names & set(self.viewers) else None

    def trusts(self, claims: Mapping[str, Any]) -> bool:
        """Whether the address of a login counts, by what the provider says of the person."""
        if _VERIFIED not in claims:
            return self.trust_unverified
        # A JSON boolean by the standard; some providers send it as text.
        return claims[_VERIFIED] is True or claims[_VERIFIED] == "true"


def has_login() -> bool:
    """Whether people have to sign in.

    Raises:
        AccessError: the file with the login cannot be used.
    """
    return "auth" in _secrets()


def login_providers() -> list[str]:
    """Names of the providers to sign in with; "" is one without a name."""
    auth = _secrets()["auth"]
    named = [name for name, section in auth.items() if isinstance(section, Mapping) and "client_id" in section]
    return ["", *named] if "client_id" in auth else named


def visitor() -> Visitor:
    """Who is looking.

    Raises:
        AccessError: they have not signed in, are in no list, or login and lists are not in order.
    """
    secrets = _secrets()
    if "auth" not in secrets:
        return Visitor("", may_write=True)
    people = people_of(secrets)
    if not st.user.get("is_logged_in"):
        raise SignedOutError("sign in to see the studies of this server")
    claims = st.user.to_dict()
    email = claims.get("email")
    address = email if isinstance(email, str) else ""
    role = people.role(address) if people.trusts(claims) else None
    if role is None:
        refusal = _refusal(address, people, claims)
        raise AccessError(refusal, signed_in=address or "somebody without an e-mail address")
    return Visitor(_folded(address), may_write=role == "editor")


def people_of(secrets: Mapping[str, Any]) -> People:
    """The lists.

    Raises:
        AccessError: they cannot be read.
    """
    try:
        return People.model_validate(secrets.get("access", {}))
    except ValidationError as error:
        first = error.errors()[0]
        where = " ".join(str(part) for part in first["loc"][:1])
        said = str(first["msg"]).removeprefix("Value error, ")
        raise AccessError(f"[access] {where} in {_FILE}: {said}") from None


def _refusal(address: str, people: People, claims: Mapping[str, Any]) -> str:
    contact = people.contact or "whoever runs this server"
    if not address:
        return f"your login tells no e-mail address; ask {contact}"
    if people.role(address) is None:
        return f"{address} is neither among the editors nor among the viewers of this server; ask {contact}"
    if _VERIFIED in claims:
        return f"your login does not vouch for the address {address}; verify it there"
    return (
        f"your login does not say whether the address {address} is verified; ask {contact}: trust_unverified = true in "
        f"[access] of {_FILE} admits such logins"
    )


def _secrets() -> dict[str, Any]:
    """All of the file; nothing where there is none. One that is there and cannot be used lets nobody in."""
    # Without a file Streamlit would look for it, and fail, each of the many times that a page asks.
    is_there = any(Path(path).exists() for path in st.get_option("secrets.files"))
    try:
        secrets = st.secrets.to_dict() if is_there else {}
    except (StreamlitSecretNotFoundError, OSError, UnicodeDecodeError):
        raise AccessError(f"{_FILE} cannot be read, so nobody can sign in; the log of the dashboard says why") from None
    if "auth" in secrets:
        _logins_seen().add("auth")
    elif _logins_seen():
        raise AccessError(
            f"the login in {_FILE} is gone, so nobody can sign in; without a login, start the server anew"
        )
    if "auth" not in secrets and "access" in secrets:
        raise AccessError(f"{_FILE} has lists in [access] and no login in [auth]; give both, or neither")
    if "auth" in secrets and len(str(secrets["auth"].get("cookie_secret", ""))) < _SHORTEST_SECRET:
        raise AccessError(
            f"cookie_secret of [auth] in {_FILE} is too short; give {_SHORTEST_SECRET} random letters or more"
        )
    return secrets


@st.cache_resource(show_spinner=False)
def _logins_seen() -> set[str]:
    """Not empty once this server has asked for a login: a file that is moved away opens no door."""
    return set()
