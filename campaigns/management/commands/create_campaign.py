"""`create_campaign --tenant acme --name … --list News --from … --subject … --html FILE`: writes a draft."""

from pathlib import Path
from typing import Any

from django.core.management import BaseCommand, CommandError, CommandParser

from campaigns.management.tenant_command import ACTOR, add_tenant, tenant_of
from campaigns.models import Campaign
from campaigns.selectors.campaigns import find_list
from campaigns.services.campaigns import CampaignDraft, create_campaign


class Command(BaseCommand):
    """Prints the number of the new campaign; its templates are checked at launch."""

    help = "Writes a campaign as a draft."

    def add_arguments(self, parser: CommandParser) -> None:
        """What a draft holds."""
        add_tenant(parser)
        parser.add_argument("--name", required=True)
        parser.add_argument("--list", required=True, metavar="NAME")
        parser.add_argument(
            "--from",
            required=True,
            help="without a domain: at the marketing stream's own",
            metavar="ADDRESS",
            dest="from_address",
        )
        parser.add_argument("--from-name", default="")
        parser.add_argument("--reply-to", default="", metavar="ADDRESS")
        parser.add_argument("--subject", required=True)
        parser.add_argument("--preheader", default="")
        parser.add_argument("--html", required=True, type=Path, metavar="FILE")
        parser.add_argument("--text", type=Path, metavar="FILE", help="made from the HTML when missing")
        parser.add_argument("--markup", choices=Campaign.Markup.values, default=Campaign.Markup.MJML.value)

    def handle(self, *_args: Any, **options: Any) -> None:
        """Reads the files, writes the draft."""
        html = self._read(options["html"])
        text = self._read(options["text"]) if options["text"] else ""
        with tenant_of(options["tenant"]) as tenant_id:
            draft = CampaignDraft(
                name=options["name"],
                mailing_list_id=find_list(tenant_id=tenant_id, name=options["list"]).pk,
                from_address=options["from_address"],
                from_name=options["from_name"],
                reply_to=options["reply_to"],
                subject=options["subject"],
                preheader=options["preheader"],
                markup=options["markup"],
                html_source=html,
                text_source=text,
            )
            campaign = create_campaign(tenant_id=tenant_id, draft=draft, actor=ACTOR)
        self.stdout.write(str(campaign.pk))

    def _read(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"{path} cannot be read as UTF-8: {error}") from error
