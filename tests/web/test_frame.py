"""Sign-in and the frame around it, as a browser gets them."""

from __future__ import annotations

import re

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db

ENTRANCES = [
    "/accounts/login/",
    "/accounts/signup/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/done/",
    "/accounts/password/reset/key/1-bad-token/",
    "/accounts/inactive/",
]


@pytest.mark.parametrize("path", ENTRANCES)
@pytest.mark.parametrize("language", ["ja", "en"])
def test_every_entrance_page_wears_the_frame_in_both_languages(
    client: Client, path: str, language: str
) -> None:
    response = client.get(path, headers={"Accept-Language": language})
    html = response.content.decode()
    assert response.status_code == 200
    assert f'<html lang="{language}">' in html
    assert html.count("<h1") == 1
    assert 'class="skip-link" href="#main"' in html
    assert 'id="main"' in html


@pytest.mark.parametrize("path", ENTRANCES)
def test_no_entrance_page_names_another_host(client: Client, path: str) -> None:
    html = client.get(path).content.decode()
    assert re.findall(r"""(?:src|href|action)=["'](?:https?:)?//[^"']*""", html) == []


def test_a_page_carries_the_strict_policy(client: Client) -> None:
    policy = client.get("/accounts/login/")["Content-Security-Policy"]
    assert "script-src 'self'" in policy
    assert "style-src 'self'" in policy
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


def test_a_refused_sign_in_says_why_in_a_summary_and_at_the_fields(client: Client) -> None:
    html = client.post("/accounts/login/", {}, headers={"Accept-Language": "en"}).content.decode()
    assert 'role="alert"' in html
    assert 'aria-invalid="true"' in html
    assert html.count("This field is required.") == 4


def test_the_language_switch_leads_back_to_the_page(client: Client) -> None:
    response = client.post("/i18n/setlang/", {"language": "ja", "next": "/accounts/login/"})
    assert response["Location"] == "/accounts/login/"
    assert '<html lang="ja">' in client.get("/accounts/login/").content.decode()


def test_an_expired_form_is_explained() -> None:
    response = Client(enforce_csrf_checks=True).post(
        "/accounts/login/", {}, headers={"Accept-Language": "en"}
    )
    assert response.status_code == 403
    assert "This form has expired." in response.content.decode()


def test_nobody_signs_up_without_an_invitation(client: Client) -> None:
    html = client.get("/accounts/signup/", headers={"Accept-Language": "en"}).content.decode()
    assert "By invitation" in html
    assert 'name="password1"' not in html
