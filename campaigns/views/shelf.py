"""What is done to campaigns from their list: copies, the archive, tags, a draft thrown away."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import Capability
from accounts.selectors.membership import Member
from accounts.views.access import tenant_page
from accounts.views.actors import actor_of
from campaigns.exceptions import BadTags, CampaignError
from campaigns.selectors.campaigns import find_campaign, tags_in_use
from campaigns.services import copies, shelf
from campaigns.views.deeds import carry_out


class TagsForm(forms.Form):
    """Tags in one line."""

    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        required=False,
        max_length=1_000,
        help_text=gettext_lazy("Separated by commas."),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    def clean_tags(self) -> list[str]:
        """The tags one by one."""
        try:
            return shelf.tags_of(self.cleaned_data["tags"])
        except BadTags as error:
            raise forms.ValidationError(str(error), code=error.code) from error


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def duplicate(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """A new draft that says the same."""
    actor = actor_of(request, member)
    made = copies.duplicate(tenant_id=member.tenant_id, campaign_id=campaign_id, actor=actor)
    messages.success(request, _("Copied. This is the new draft."))
    return redirect("tracking:campaign", member.slug, made.pk)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def repeat(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """A new draft for those who did not get it."""
    try:
        made = copies.repeat(
            tenant_id=member.tenant_id,
            campaign_id=campaign_id,
            doubts=request.POST.get("doubts") == "1",
            actor=actor_of(request, member),
        )
    except CampaignError as error:
        messages.error(request, f"{error} ({error.code})")
        return redirect("tracking:campaign", member.slug, campaign_id)
    messages.success(request, _("This draft goes to those alone who did not get the first one."))
    return redirect("tracking:campaign", member.slug, made.pk)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def archive(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Out of the list."""
    carry_out(request, member, campaign_id, shelf.archive, _("Archived."))
    return _back_to_the_list(request, member)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def unarchive(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Back into the list."""
    carry_out(request, member, campaign_id, shelf.unarchive, _("It is in the list again."))
    return _back_to_the_list(request, member)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_POST
def delete(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """Throws a draft away."""
    carry_out(request, member, campaign_id, shelf.delete_draft, _("The draft is deleted."))
    return _back_to_the_list(request, member)


@tenant_page(Capability.CAMPAIGNS_EDIT)
@require_http_methods(["GET", "POST"])
def tags(request: HttpRequest, member: Member, campaign_id: int) -> HttpResponse:
    """The tags of one campaign, to be changed in any state."""
    campaign = find_campaign(tenant_id=member.tenant_id, campaign_id=campaign_id)
    form = TagsForm(request.POST or None, initial={"tags": ", ".join(campaign.tags)})
    if request.method == "POST" and form.is_valid():
        shelf.set_tags(
            tenant_id=member.tenant_id,
            campaign_id=campaign_id,
            tags=form.cleaned_data["tags"],
            actor=actor_of(request, member),
        )
        messages.success(request, _("The tags are saved."))
        return redirect("tracking:campaigns", member.slug)
    context = {"campaign": campaign, "form": form, "known": tags_in_use(tenant_id=member.tenant_id)}
    return render(request, "campaigns/tags.html", context, status=422 if form.errors else 200)


def _back_to_the_list(request: HttpRequest, member: Member) -> HttpResponse:
    # The query alone comes from the page: it says which part of the list it was.
    query = request.POST.get("back", "")
    return redirect(f"{reverse('tracking:campaigns', args=[member.slug])}?{query}".rstrip("?"))
