"""The pages of pictures, and the public address at which mails find them."""

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST, require_safe

from accounts.models import Tenant
from accounts.permissions import Capability, allows
from accounts.selectors.domains import domains_of
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from campaigns.exceptions import BadMedia
from campaigns.models import Media
from campaigns.selectors.media import find_media, media_page, usage_of
from campaigns.services.media import (
    MAX_ALT,
    MAX_BYTES,
    MEGABYTE,
    QUOTA_BYTES,
    delete_media,
    describe_media,
    upload_media,
    used_bytes,
)
from campaigns.services.media_files import HEADERS, path_of, public_base, read_served
from relay_saas.web.errors import NotFound


class UploadForm(forms.Form):
    """A picture and what stands in for it."""

    file = forms.FileField(
        label=gettext_lazy("Picture"),
        help_text=gettext_lazy(
            "PNG, JPEG, GIF or WebP, up to 5 MB. Below 1 MB it is there at once on a phone, too."
        ),
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/gif,image/webp"}),
    )
    alt = forms.CharField(
        label=gettext_lazy("Alternative text"),
        required=False,
        max_length=MAX_ALT,
        help_text=gettext_lazy(
            "What people read where pictures are not shown, and what is read out to the blind."
        ),
    )


class DescribeForm(forms.Form):
    """What stands in for a picture."""

    alt = forms.CharField(
        label=gettext_lazy("Alternative text"),
        required=False,
        max_length=MAX_ALT,
        help_text=gettext_lazy(
            "What people read where pictures are not shown, and what is read out to the blind."
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A picture with its addresses."""

    media: Media
    #: At this host, for the dashboard's own pages.
    path: str
    #: For mails.
    url: str


@tenant_page(Capability.VIEW)
@require_GET
def media(request: HttpRequest, member: Member) -> HttpResponse:
    """All pictures."""
    return _list(request, member, UploadForm())


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "POST"])
def media_upload(request: HttpRequest, member: Member) -> HttpResponse:
    """Takes a picture."""
    form = UploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        try:
            upload_media(
                tenant_id=member.tenant_id,
                file=file,
                file_name=file.name or "",
                alt=form.cleaned_data["alt"],
                actor=actor_of(request, member),
            )
        except BadMedia as error:
            form.add_error("file", f"{error} ({error.code})")
        else:
            messages.success(request, _("The picture is there. Copy its address into a mail."))
            return redirect("campaigns:media", member.slug)
    return _list(request, member, form, status=422 if form.is_bound else 200)


@tenant_page(Capability.VIEW)
@require_GET
def media_item(request: HttpRequest, member: Member, media_id: int) -> HttpResponse:
    """One picture: its address, its text, and where it is shown."""
    found = find_media(tenant_id=member.tenant_id, media_id=media_id)
    context = {
        "shown": _shown(member, [found])[0],
        "form": DescribeForm(initial={"alt": found.alt}),
        "usage": usage_of(found),
        "may_edit": allows(member.role, Capability.CAMPAIGNS_EDIT),
    }
    return render(request, "campaigns/media_item.html", context)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def media_describe(request: HttpRequest, member: Member, media_id: int) -> HttpResponse:
    """Keeps the alternative text."""
    alt = request.POST.get("alt", "")
    describe_media(tenant_id=member.tenant_id, media_id=media_id, alt=alt, actor=actor_of(request, member))
    messages.success(request, _("The text is saved."))
    return redirect("campaigns:media_item", member.slug, media_id)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def media_delete(request: HttpRequest, member: Member, media_id: int) -> HttpResponse:
    """Removes a picture, wherever it is shown."""
    delete_media(tenant_id=member.tenant_id, media_id=media_id, actor=actor_of(request, member))
    messages.success(request, _("The picture is removed."))
    return redirect("campaigns:media", member.slug)


@require_safe
def media_file(request: HttpRequest, path: str) -> HttpResponse:  # noqa: ARG001
    """A picture for anybody who knows its address; the edge serves the same path to recipients."""
    served = read_served(path)
    if served is None:
        raise NotFound
    return HttpResponse(served.body, content_type=served.content_type, headers=HEADERS)


def _list(request: HttpRequest, member: Member, form: UploadForm, *, status: int = 200) -> HttpResponse:
    page = media_page(tenant_id=member.tenant_id, cursor=request.GET.get("cursor"))
    context = {
        "page": page,
        "pictures": _shown(member, page.items),
        "form": form,
        "may_edit": allows(member.role, Capability.CAMPAIGNS_EDIT),
        "used": used_bytes(tenant_id=member.tenant_id),
        "quota": QUOTA_BYTES,
        "most": MAX_BYTES // MEGABYTE,
    }
    return render(request, "campaigns/media.html", context, status=status)


def _shown(member: Member, items: "tuple[Media, ...] | list[Media]") -> list[Shown]:
    number = Tenant.objects.get(pk=member.tenant_id).number
    base = public_base(domains_of(member.tenant_id))
    paths = [(one, path_of(number, one)) for one in items]
    return [Shown(media=one, path=path, url=f"{base}{path}") for one, path in paths]
