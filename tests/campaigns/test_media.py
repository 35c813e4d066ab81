"""Pictures: taken when they are pictures, served to anybody as nothing else, removed with a warning."""

import io
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.audit import SYSTEM
from accounts.models import Role, SendingDomain, Tenant, User
from accounts.services.tenants import add_member
from accounts.tenancy import tenant_scope
from campaigns.exceptions import BadMedia
from campaigns.models import Media
from campaigns.selectors.media import usage_of
from campaigns.services import media as service
from campaigns.services.media import MEGABYTE, delete_media, upload_media
from campaigns.services.media_files import read_served, shown_here
from campaigns.services.templates import TemplateDraft, create_template
from tests.unit.mail.test_picture import gif, jpeg, png

HOSTILE = '"><img src=x onerror=alert(1)>.png'


@pytest.fixture
def marketer(tenant: Tenant) -> Client:
    user = User.objects.create_user("marketer@people.test")
    add_member(tenant_id=tenant.pk, user=user, role=Role.MARKETER, actor=SYSTEM)
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    return client


def upload(tenant: Tenant, data: bytes, file_name: str = "tree.png", alt: str = "") -> Media:
    return upload_media(
        tenant_id=tenant.pk, file=io.BytesIO(data), file_name=file_name, alt=alt, actor=SYSTEM
    )


def at(name: str, *ids: object) -> str:
    return reverse(f"campaigns:{name}", args=["acme", *ids])


def address(tenant: Tenant, media: Media) -> str:
    return f"/m/{tenant.number}/{media.digest}.{media.kind}"


def text(response: Any) -> str:
    return unescape(response.content.decode())


def test_a_picture_is_served_to_anybody_for_ever_and_as_nothing_else(tenant: Tenant) -> None:
    media = upload(tenant, png() + b"<script>alert(1)</script>")
    answer = Client().get(address(tenant, media))
    assert answer.content == png()
    assert answer["Content-Type"] == "image/png"
    assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert not answer.cookies


@pytest.mark.parametrize(
    "path",
    [
        "1/../../../etc/passwd",
        "1/" + "0" * 64 + ".svg",
        "1/" + "0" * 64 + ".png",
        "1/" + "0" * 63 + "/.png",
        "x/" + "0" * 64 + ".png",
        "1/" + "0" * 64 + ".png/",
        "1/" + "0" * 64 + ".png\n",
    ],
)
def test_no_other_path_leads_to_a_file(tenant: Tenant, path: str) -> None:
    assert read_served(path) is None


def test_a_picture_of_one_kind_is_not_served_as_another(tenant: Tenant) -> None:
    media = upload(tenant, jpeg())
    assert Client().get(address(tenant, media)).status_code == 200
    assert Client().get(address(tenant, media).replace(".jpg", ".png")).status_code == 404


def test_the_same_content_is_one_picture(tenant: Tenant, other_tenant: Tenant) -> None:
    assert upload(tenant, png()).pk == upload(tenant, png() + b"camera notes", "again.png").pk
    assert upload(other_tenant, png()).tenant_id == other_tenant.pk


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "file_empty"),
        (b"<svg onload='alert(1)'/>", "not_a_picture"),
        (b"%PDF-1.7", "not_a_picture"),
        (png()[:-4], "broken_picture"),
        (png(width=8001, height=1), "too_many_pixels"),
        (png() + bytes(5 * MEGABYTE), "file_too_large"),
    ],
)
def test_what_is_no_picture_within_the_limits_is_refused(tenant: Tenant, data: bytes, code: str) -> None:
    with pytest.raises(BadMedia) as refused:
        upload(tenant, data)
    assert refused.value.code == code


def test_an_organization_has_so_much_room_and_no_more(
    tenant: Tenant, other_tenant: Tenant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "QUOTA_BYTES", len(png()) + 10)
    upload(tenant, png())
    with pytest.raises(BadMedia) as refused:
        upload(tenant, gif())
    assert refused.value.code == "quota_full"
    upload(other_tenant, gif())


def test_file_names_and_texts_are_shown_as_text(tenant: Tenant, marketer: Client) -> None:
    media = upload(tenant, png(), f"../\x00\u202e{HOSTILE}", HOSTILE)
    assert "\x00" not in media.file_name
    for page in (at("media"), at("media_item", media.pk)):
        shown = marketer.get(page).content.decode()
        assert "onerror=alert(1)&gt;" in shown
        assert "<img src=x" not in shown


def test_the_address_for_mails_is_below_the_domain_that_they_leave_from(
    tenant: Tenant, marketer: Client, settings: Any
) -> None:
    settings.RELAY_EDGE_SCHEME_PORT = "https"
    settings.RELAY_BASE_URL = "https://relay.test"
    media = upload(tenant, png())
    assert f'data-copy="https://relay.test{address(tenant, media)}"' in text(marketer.get(at("media")))
    with tenant_scope(tenant.pk):
        SendingDomain.objects.create(
            tenant_id=tenant.pk, name="news.acme.test", label="l", state=SendingDomain.State.VERIFIED
        )
    wanted = f"https://t.news.acme.test{address(tenant, media)}"
    assert f'data-copy="{wanted}"' in text(marketer.get(at("media")))
    # The dashboard loads from its own host alone.
    html = f"<img src='{wanted}'><img src='https://elsewhere.test/m/{tenant.number + 1}/x.png'>"
    assert f"src='{address(tenant, media)}'" in shown_here(html, tenant.number)
    assert "https://elsewhere.test/m/" in shown_here(html, tenant.number)


def test_a_picture_is_uploaded_described_and_removed(
    tenant: Tenant, marketer: Client, django_capture_on_commit_callbacks: Any
) -> None:
    refused = marketer.post(
        at("media_upload"), {"file": SimpleUploadedFile("a.svg", b"<svg/>"), "alt": "kept"}
    )
    assert refused.status_code == 422
    assert "(not_a_picture)" in text(refused)
    assert 'value="kept"' in text(refused)
    marketer.post(at("media_upload"), {"file": SimpleUploadedFile("tree.png", png())})
    with tenant_scope(tenant.pk):
        media = Media.objects.get()
    marketer.post(at("media_describe", media.pk), {"alt": "A tree\nin snow"})
    assert "A tree in snow" in text(marketer.get(at("media_item", media.pk)))
    with django_capture_on_commit_callbacks(execute=True):
        marketer.post(at("media_delete", media.pk))
    assert Client().get(address(tenant, media)).status_code == 404


def test_before_it_is_removed_the_page_names_what_shows_it(tenant: Tenant, marketer: Client) -> None:
    media = upload(tenant, png())
    assert not usage_of(media)
    html = f"<img src='https://t.news.acme.test{address(tenant, media)}'>"
    draft = TemplateDraft(name="Monthly", html_source=html, markup="html")
    create_template(tenant_id=tenant.pk, draft=draft, actor=SYSTEM)
    shown = text(marketer.get(at("media_item", media.pk)))
    assert "Monthly" in shown
    assert "perhaps in mails that are out already" in shown


def test_what_was_uploaded_again_meanwhile_keeps_its_file(
    tenant: Tenant, django_capture_on_commit_callbacks: Any
) -> None:
    media = upload(tenant, png())
    with django_capture_on_commit_callbacks(execute=True):
        delete_media(tenant_id=tenant.pk, media_id=media.pk, actor=SYSTEM)
        upload(tenant, png())
    assert Client().get(address(tenant, media)).status_code == 200
