"""What campaigns refuses, each with a machine code."""

from collections.abc import Mapping
from typing import ClassVar

from django.utils.translation import gettext_lazy as _

from relay_saas.web.errors import RelayError
from relay_saas.web.problems import Text


class CampaignsError(RelayError):
    """Base of this app's errors."""

    status = 422


class CodedError(CampaignsError):
    """One kind of error with several codes; `messages` holds the sentence of each."""

    messages: ClassVar[Mapping[str, Text]] = {}

    def __init__(self, code: str, **values: object) -> None:
        sentence = self.messages[code]
        super().__init__(str(sentence) % values if values else sentence, code=code)
        self.values = values


class BadImportFile(CodedError):
    """The file as a whole cannot be imported; nothing of it was."""

    messages = {
        "file_empty": _("The file is empty."),
        "file_too_large": _("The file is larger than %(megabytes)s MB. Split it into several files."),
        "file_not_text": _(
            "This is a spreadsheet, an archive or another binary file. Save it as CSV, then import that."
        ),
        "encoding_unknown": _("The file is neither UTF-8 nor Shift_JIS nor EUC-JP. Save it as “CSV UTF-8”."),
        "encoding_utf16_unmarked": _(
            "The file looks like UTF-16 without the mark that says so. Save it as “CSV UTF-8”."
        ),
        "encoding_utf32": _("The file is in UTF-32, which is not read. Save it as “CSV UTF-8”."),
        "no_header": _("The first row holds an e-mail address. It must name the columns; add such a row."),
        "no_rows": _("The file names its columns but holds no rows."),
        "no_email_column": _("No column is named like an e-mail address. Name one “email”."),
        "duplicate_column": _("Two columns mean the same: %(first)s and %(second)s. Remove or rename one."),
        "too_many_columns": _("The file has more than %(columns)s columns."),
        "header_too_long": _("The name of column %(column)s is longer than %(characters)s characters."),
        "line_too_long": _("Line %(line)s is longer than %(characters)s characters."),
        "unclosed_quote": _("A quotation mark in the row that begins on line %(line)s is never closed."),
        "encoding_does_not_fit": _("The file cannot be read like this. Choose another encoding."),
        "field_gone": _("The field for column “%(column)s” is gone. Choose another one for it."),
        "import_interrupted": _("The import stopped before anything was written. Start it again."),
    }


class ImportNotWaiting(CampaignsError):
    """The import is running or over."""

    code = "import_not_waiting"
    status = 409
    message = _("This import is running already or is over.")


class ImportRefused(CodedError):
    """An import cannot be taken a step further as asked."""

    status = 409
    messages = {
        "file_gone": _("The file of this import is not kept any more. Upload it again."),
        "import_started": _("This import has begun already; it cannot be changed any more."),
        "import_not_checked": _("Check the rows first; then the import can begin."),
        "undo_impossible": _("This import cannot be undone (any more)."),
        "columns_do_not_match": _("The file has %(expected)s columns; %(given)s were described."),
        "one_list_needed": _("Name a list or a new one, and not both."),
        "note_needed": _("Say where they agreed."),
        "label_needed": _("Each new field needs a label of its own."),
    }


class ListGone(CampaignsError):
    """The list does not exist, or belongs to somebody else."""

    code = "list_not_found"
    status = 404
    message = _("There is no such list.")


class BadName(CampaignsError):
    """A name is empty, taken or reserved."""

    code = "bad_name"
    message = _("This name is empty, taken or reserved.")


class ListInUse(CampaignsError):
    """The list has people, campaigns or imports: it can be archived, not deleted."""

    code = "list_in_use"
    status = 409
    message = _("This list has people, campaigns or imports. Archive it instead.")


class ContactThere(CampaignsError):
    """Somebody with this address is a contact already; `contact_id` says which."""

    code = "contact_exists"
    status = 409
    message = _("There is a contact with this address already.")

    def __init__(self, contact_id: int) -> None:
        super().__init__()
        self.contact_id = contact_id


class ReasonMissing(CampaignsError):
    """What is done to a person's consent needs a reason."""

    code = "reason_missing"
    message = _("Say why, so that others can understand it later.")


class BadContact(CodedError):
    """A contact's address or one of its values cannot be taken."""

    messages = {
        "bad_address": _("This is not an e-mail address that can be mailed: %(problem)s"),
        "unknown_field": _("There is no field %(field)s."),
        "bad_number": _("The value of %(field)s is not a number."),
        "bad_date": _("The value of %(field)s is not a date of the calendar."),
        "bad_boolean": _("The value of %(field)s is neither yes nor no."),
        "cell_too_long": _("The value of %(field)s is too long."),
        "nul_character": _("The value of %(field)s holds a NUL character."),
    }


class CampaignError(CodedError):
    """A campaign cannot be written, previewed or controlled as asked."""

    status = 409
    messages = {
        "not_a_draft": _("The campaign was launched; what it says cannot be changed any more."),
        "still_preparing": _("The messages are being prepared. Try again in a moment."),
        "not_launched": _("The campaign was not launched yet."),
        "scheduled": _("The campaign is planned to go out. Take it back to the drafts first."),
        "too_late": _("The campaign has gone out already. Pause or cancel it on its page."),
        "still_running": _("The campaign is still planned or going out."),
        "not_finished": _("The campaign is not finished yet: wait for its end, then repeat it."),
        "already_cancelled": _("The campaign was cancelled."),
        "already_sent": _("Everything has been sent already."),
    }


class BadDraft(CodedError):
    """What a campaign says cannot be kept like this."""

    messages = {
        "name_empty": _("The campaign needs a name."),
        "bad_sender": _("The sender's address is not valid: %(problem)s"),
        "bad_reply_to": _("The reply address is not valid: %(problem)s"),
        "nul_character": _("The text holds a NUL character."),
    }


class BadTemplate(CodedError):
    """A template cannot be kept like this."""

    messages = {
        "name_empty": _("The template needs a name."),
        "name_too_long": _("The name is longer than %(characters)s characters."),
        "nul_character": _("The text holds a NUL character."),
        "unknown_markup": _("A template is written in MJML or in HTML."),
        "too_large": _("The template is larger than 512 KB."),
    }


class TemplateChanged(CampaignsError):
    """Somebody else saved the template in the meantime."""

    code = "template_changed"
    status = 409
    message = _("Somebody else saved this template in the meantime. Their text stands below; yours is kept.")


class BadMedia(CodedError):
    """A picture cannot be taken."""

    messages = {
        "file_empty": _("The file is empty."),
        "file_too_large": _(
            "The picture is larger than %(megabytes)s MB. Make it smaller, then upload it again."
        ),
        "not_a_picture": _(
            "This is neither PNG, JPEG, GIF nor WebP. SVG is not taken: mail programs do not show it."
        ),
        "broken_picture": _("The picture is damaged or incomplete. Save it again in a picture program."),
        "too_many_pixels": _("The picture is wider or higher than %(pixels)s pixels. Make it smaller."),
        "quota_full": _(
            "The pictures of your organization take %(megabytes)s MB, which is all there is. Remove some."
        ),
    }


class BadSchedule(CodedError):
    """A campaign cannot be planned for that time."""

    messages = {
        "in_the_past": _("This time is over. Choose one that is still to come."),
        "too_far": _("Choose a time within the next %(days)s days."),
    }


class BadTags(CodedError):
    """The tags of a campaign cannot be kept like this."""

    messages = {
        "too_many_tags": _("A campaign takes at most %(limit)s tags."),
        "tag_too_long": _("A tag has at most %(limit)s characters."),
    }


class NotChecked(CampaignsError):
    """Somebody sends without having looked at all warnings."""

    code = "warnings_not_checked"
    message = _("Look at every warning and tick it, then send.")


class NotTyped(CampaignsError):
    """Somebody sends to many people without having typed how many."""

    code = "number_not_typed"
    message = _("This goes to many people: type their number when you are asked, then send.")


class DraftChanged(CampaignsError):
    """Somebody else saved the draft since this person's copy of it was shown."""

    code = "draft_changed"
    status = 409
    message = _("Somebody else has changed this campaign meanwhile.")


class PreviewProblem(CampaignsError):
    """The campaign cannot be shown for this person: `code` says why."""


class LaunchRefused(CampaignsError):
    """The check list names something to be mended first; `code` is the first one's, `errors` names all."""


class TemplateNotRendered(CampaignsError):
    """A template cannot be filled in with the variables of a request; `errors` names them."""

    code = "template_not_rendered"
    status = 422
    message = _("The template cannot be filled in.")
