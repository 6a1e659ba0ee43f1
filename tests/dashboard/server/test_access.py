"""Who may do what: the lists beside the login, and files that are not in order, which let nobody in."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import streamlit as st
import tomli_w
from streamlit.testing.v1 import AppTest

from dashboard.server.access import AccessError, People, people_of
from tests.dashboard.markdown import as_read

AUTH = {"redirect_uri": "http://127.0.0.1/oauth2callback", "cookie_secret": "c" * 32, "client_id": "proxyscope"}

LOGIN = {"auth": AUTH, "access": {"editors": ["ann@lab.org"]}}


@pytest.fixture
def secrets_file(tmp_path: Path) -> Iterator[Path]:
    """Where the dashboard looks for its login; nothing is there yet."""
    file, before = tmp_path / "secrets.toml", st.get_option("secrets.files")
    st.secrets._reset()
    st._config.set_option("secrets.files", [str(file)])
    yield file
    st._config.set_option("secrets.files", before)
    st.secrets._reset()


@pytest.mark.parametrize(
    ("address", "role"),
    [
        ("ann@lab.org", "editor"),
        ("Ann@Lab.ORG", "editor"),
        ("ben@group.org", "editor"),
        ("carl@lab.org", "viewer"),
        ("carl@evil-lab.org", None),
        ("carl@lab.org.evil", None),
        ("ann@lab.org@evil.org", None),
        # Unicode's lower case of the Kelvin sign is "k", and that of "İ" begins with "i".
        ("mar\u212a@lab.example", None),
        ("carl@kel\u212ain.example", None),
        ("MARK@lab.example", "editor"),
        ("\u0130da@lab.example", None),
        ("", None),
        ("lab.org", None),
    ],
)
def test_addresses_and_domains_are_matched_whole(address: str, role: str | None) -> None:
    people = People(
        editors=["ann@lab.org", "@group.org", "mark@lab.example", "ida@lab.example"],
        viewers=["@LAB.org", "@kelkin.example"],
    )
    assert people.role(address) == role


def test_an_address_of_other_letters_in_the_lists_admits_nobody_else() -> None:
    people = People(editors=["mar\u212a@lab.example"])
    assert people.role("mark@lab.example") is None
    assert people.role("mar\u212a@LAB.example") == "editor"


@pytest.mark.parametrize(
    ("lists", "said"),
    [
        ({"editors": ["lab.org"]}, r"editors in secrets.toml: 'lab.org' is no address; give ann@lab.org, or @lab.org"),
        ({"editors": "ann@lab.org"}, "editors in secrets.toml: Input should be a valid list"),
        ({"editor": ["ann@lab.org"]}, "editor in secrets.toml: Extra inputs are not permitted"),
        ({"trust_unverified": "false"}, "trust_unverified in secrets.toml: Input should be a valid boolean"),
    ],
)
def test_lists_that_are_not_in_order_are_named(lists: dict[str, object], said: str) -> None:
    with pytest.raises(AccessError, match=said):
        people_of({"access": lists})


@pytest.mark.parametrize(
    ("secrets", "said"),
    [
        ({"access": {"editors": ["ann@lab.org"]}}, "has lists in [access] and no login in [auth]"),
        ({"auth": {**AUTH, "cookie_secret": "short"}}, "cookie_secret of [auth] in secrets.toml is too short"),
        ({"auth": AUTH, "access": {"viewers": ["lab"]}}, "'lab' is no address"),
    ],
)
def test_a_login_that_is_not_in_order_shows_nothing(
    app: Callable[..., AppTest], finished: str, secrets_file: Path, secrets: dict[str, object], said: str
) -> None:
    secrets_file.write_text(tomli_w.dumps(secrets), encoding="utf-8")
    page = app("studies")
    assert not page.exception
    assert any(said in box.value.replace("\\", "") for box in page.error)
    assert not page.dataframe
    assert not page.sidebar.code


def test_a_file_that_cannot_be_read_lets_nobody_in(
    app: Callable[..., AppTest], finished: str, secrets_file: Path
) -> None:
    secrets_file.write_text("[auth\n", encoding="utf-8")
    page = app("studies")
    assert any("cannot be read, so nobody can sign in" in box.value.replace("\\", "") for box in page.error)
    assert not page.dataframe


def test_whoever_has_not_signed_in_sees_a_way_in_and_nothing_else(
    app: Callable[..., AppTest], finished: str, secrets_file: Path
) -> None:
    secrets_file.write_text(tomli_w.dumps(LOGIN), encoding="utf-8")
    page = app("study", study=finished)
    assert [button.label for button in page.button] == ["Sign in"]
    assert not page.sidebar.code
    assert finished not in str(page.main)


UNSAID = "your login does not say whether the address ann@lab.org is verified; ask ben@lab.org: trust_unverified = true"
UNVERIFIED = "your login does not vouch for the address ann@lab.org; verify it there"


NOT_VERIFIED = (False, None, 0, 1, 1.0, "0", "1", "no", "yes", "false", "True", "", [], [True], {"value": True})


@pytest.mark.parametrize("trusting", [False, True])
def test_an_address_counts_only_where_the_login_says_that_it_is_verified(
    app: Callable[..., AppTest], finished: str, secrets_file: Path, trusting: bool
) -> None:
    access = {"editors": ["ann@lab.org"], "contact": "ben@lab.org", **({"trust_unverified": True} if trusting else {})}
    secrets_file.write_text(tomli_w.dumps({"auth": AUTH, "access": access}), encoding="utf-8")
    page = app("studies")
    refusals: list[tuple[dict[str, object], str]] = [
        ({"email_verified": True}, ""),
        ({"email_verified": "true"}, ""),
        ({}, "" if trusting else UNSAID),
        *(({"email_verified": claim}, UNVERIFIED) for claim in NOT_VERIFIED),
    ]
    for claims, refusal in refusals:
        page.user = {"is_logged_in": True, "email": "ann@lab.org", **claims}
        page.run()
        assert not page.exception
        said = [as_read(box.value) for box in page.error]
        assert bool(page.dataframe) is not bool(refusal), claims
        assert [words for words in said if refusal in words] if refusal else not said, claims


@pytest.mark.parametrize("email", [None, "", ["ann@lab.org"], {"ann@lab.org": True}, 7], ids=str)
def test_a_login_whose_address_is_no_text_sees_nothing(
    app: Callable[..., AppTest], finished: str, secrets_file: Path, email: object
) -> None:
    secrets_file.write_text(tomli_w.dumps(LOGIN), encoding="utf-8")
    page = app("studies")
    page.user = {"is_logged_in": True, "email": email, "email_verified": True}
    page.run()
    assert any("your login tells no e-mail address" in box.value for box in page.error)
    assert not page.dataframe


def test_a_login_that_is_taken_away_while_the_server_runs_opens_no_door(
    app: Callable[..., AppTest], finished: str, secrets_file: Path
) -> None:
    secrets_file.write_text(tomli_w.dumps(LOGIN), encoding="utf-8")
    page = app("studies")
    secrets_file.unlink()
    page.run()
    assert any("is gone, so nobody can sign in" in box.value.replace("\\", "") for box in page.error)
    assert not page.dataframe
