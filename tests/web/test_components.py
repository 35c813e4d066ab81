"""Each component, once in each shape that it has."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from django import forms
from django.test import RequestFactory
from django.utils import translation

from relay_saas.web.charts import Chart, Series
from relay_saas.web.paging import Page
from tests.web.markup import render

COMPONENTS = Path(__file__).resolve().parents[2] / "templates" / "components"


class Letter(forms.Form):
    """One field of each kind that the component treats differently."""

    subject = forms.CharField(label="Subject", help_text="Shown to everybody.")
    stream = forms.ChoiceField(label="Stream", choices=[("m", "Marketing")], required=False)
    when = forms.ChoiceField(
        label="When", widget=forms.RadioSelect, choices=[("now", "Now"), ("later", "Later")]
    )
    checked = forms.BooleanField(label="I have checked")
    token = forms.CharField(widget=forms.HiddenInput)


@pytest.fixture(autouse=True)
def _english() -> object:
    with translation.override("en"):
        yield


@pytest.mark.parametrize("path", sorted(COMPONENTS.glob("*.html")), ids=lambda path: path.stem)
def test_every_component_says_at_its_top_how_it_is_used_and_is_short(path: Path) -> None:
    lines = path.read_text().splitlines()
    assert lines[0].startswith("{# ")
    assert f"<c-{path.stem.replace('_', '-')}" in lines[0]
    assert len(lines) <= 40


@pytest.mark.parametrize("path", sorted(COMPONENTS.parent.rglob("*.html")), ids=lambda path: path.name)
def test_no_template_holds_inline_script_style_or_handlers(path: Path) -> None:
    text = path.read_text().lower()
    # Mail readers keep only what stands on the elements, and no policy of ours is in force there.
    assert " style=" not in text or path.parent.name == "mail"
    assert "<style" not in text
    assert "javascript:" not in text
    assert not any(
        f" on{event}=" in text for event in ("click", "submit", "change", "load", "error", "input")
    )
    assert "<script>" not in text


def test_an_icon_is_hidden_from_readers_unless_it_stands_alone() -> None:
    assert 'aria-hidden="true"' in render('<c-icon name="send" />')
    alone = render('<c-icon name="send" label="Sent" />')
    assert 'role="img" aria-label="Sent"' in alone
    assert "sprite.svg#send" in alone


@pytest.mark.parametrize(
    ("kind", "icon"),
    [("ok", "check"), ("warning", "alert-triangle"), ("danger", "alert-circle"), ("info", "info")],
)
def test_a_badge_says_its_state_by_icon_and_word(kind: str, icon: str) -> None:
    html = render(f'<c-badge kind="{kind}">Delivered</c-badge>')
    assert f"state-{kind}" in html
    assert f"sprite.svg#{icon}" in html
    assert "Delivered" in html


def test_a_figure_shows_label_value_and_note() -> None:
    html = render('<c-stat label="Delivered" value="240,500" note="96.2%" kind="ok" />')
    assert "<dt>Delivered</dt>" in html
    assert "240,500" in html
    assert "96.2%" in html


def test_a_card_has_title_actions_and_footer_only_where_given() -> None:
    full = render(
        '<c-card title="Log">x<c-slot name="actions">A</c-slot><c-slot name="footer">F</c-slot></c-card>'
    )
    assert '<h2 class="card-title">Log</h2>' in full
    assert '<footer class="card-footer">F</footer>' in full
    assert "header" not in render("<c-card>x</c-card>")


def test_a_table_shows_its_rows_under_their_heads() -> None:
    head = '<c-slot name="head"><th>Name</th></c-slot>'
    source = f'<c-table caption="Providers" :rows="rows">{head}<tr></tr></c-table>'
    html = render(source, rows=[1])
    assert "<thead><tr><th>Name</th></tr></thead>" in html
    assert '<caption class="visually-hidden">Providers</caption>' in html


def test_an_empty_table_says_so_or_what_its_page_says() -> None:
    assert "Nothing here yet" in render('<c-table caption="x" :rows="rows"></c-table>', rows=[])
    source = '<c-table caption="x" :rows="rows"><c-slot name="none">No campaigns yet</c-slot></c-table>'
    html = render(source, rows=[])
    assert "No campaigns yet" in html
    assert "<table" not in html


def test_an_empty_state_has_a_title_a_text_and_a_way_on() -> None:
    html = render(
        '<c-empty icon="send" title="No campaigns" text="Write one."><a href="/new">New</a></c-empty>'
    )
    assert "No campaigns" in html
    assert "Write one." in html
    assert '<a href="/new">New</a>' in html


def test_a_value_to_copy_is_escaped_and_its_button_says_what_it_copies() -> None:
    html = render('<c-copy value="{{ value }}" label="the host name" />', value='v=DMARC1; "p"<b>')
    assert "<b>" not in html
    assert 'data-copy="v=DMARC1; &quot;p&quot;&lt;b&gt;"' in html
    assert 'aria-label="Copy the host name"' in html


def test_progress_groups_digits_for_people_and_not_for_the_browser() -> None:
    html = render(
        '<c-progress label="Sent" :value="done" :max="total">9,012 per minute</c-progress>',
        done=1875,
        total=2500,
    )
    assert "<strong>1,875</strong> / 2,500" in html
    assert '<progress value="1875" max="2500" aria-label="Sent">' in html
    assert "9,012 per minute" in html


def test_a_chart_carries_its_data_and_the_same_as_a_table() -> None:
    chart = Chart(
        times=(datetime(2026, 11, 24, 2, 0, tzinfo=UTC),), series=(Series(label="</script>", values=(12,)),)
    )
    html = render('<c-chart :chart="chart" id="rate" label="Per minute" />', chart=chart)
    assert 'data-chart="rate"' in html
    assert '<script id="rate" type="application/json">' in html
    assert html.count("</script>") == 1
    assert '<td class="number">12</td>' in html


def test_a_chart_of_hours_or_days_stands_in_the_page_as_a_picture() -> None:
    times = tuple(datetime(2026, 11, 20 + at, 0, 0, tzinfo=UTC) for at in range(3))
    chart = Chart(times=times, series=(Series(label="A & B", values=(0.0, 1500.0, None)),), step="day")
    html = render('<c-chart :chart="chart" id="days" label="Per day" />', chart=chart)
    assert "data-chart" not in html
    assert "<script" not in html
    assert "style=" not in html
    assert '<path class="plot-primary" d="M166.7 1000.0L500.0 250.0"' in html
    assert "A &amp; B, 21 Nov: 1,500" in html
    assert html.count("<title>") == 2
    assert '<th scope="row">22 Nov 2026</th><td class="number">–</td>' in html


def test_a_field_ties_label_help_and_errors_to_its_control() -> None:
    html = render('<c-field :field="form.subject" />', form=Letter({}))
    assert '<label class="form-label" for="id_subject">' in html
    assert 'aria-invalid="true"' in html
    assert 'aria-describedby="id_subject_helptext id_subject_error"' in html
    assert 'id="id_subject_helptext"' in html
    assert 'id="id_subject_error"' in html
    assert "form-control is-invalid" in html


def test_optional_fields_say_so_and_others_do_not() -> None:
    form = Letter()
    assert "optional" in render('<c-field :field="form.stream" />', form=form)
    assert "optional" not in render('<c-field :field="form.subject" />', form=form)


def test_choices_stand_in_a_fieldset_and_a_check_box_before_its_label() -> None:
    form = Letter()
    assert '<legend class="form-label">When</legend>' in render('<c-field :field="form.when" />', form=form)
    check = render('<c-field :field="form.checked" />', form=form)
    assert check.index("<input") < check.index("I have checked")


def test_a_hidden_field_is_nothing_but_its_control() -> None:
    assert render('<c-field :field="form.token" />', form=Letter()).startswith("<input")


def test_the_error_summary_leads_to_each_field() -> None:
    html = render('<c-error-summary :form="form" />', form=Letter({}))
    assert 'href="#id_subject">Subject</a>: This field is required.' in html
    assert render('<c-error-summary :form="form" />', form=Letter()) == ""


def test_a_button_may_be_a_link_and_takes_further_attributes() -> None:
    assert '<a href="/new" class="btn btn-primary"' in render(
        '<c-button kind="primary" href="/new">New</c-button>'
    )
    html = render('<c-button kind="danger" data-confirm="12 will not be sent.">Stop</c-button>')
    assert '<button type="submit" class="btn btn-outline-danger"' in html
    assert 'data-confirm="12 will not be sent."' in html


def test_a_danger_is_announced_at_once_and_the_rest_politely() -> None:
    assert 'role="alert"' in render('<c-alert kind="danger" title="Stopped">x</c-alert>')
    assert 'role="status"' in render('<c-alert kind="ok">x</c-alert>')


def test_steps_mark_the_current_one_and_link_only_where_one_can_go() -> None:
    steps = [
        SimpleNamespace(label="Setup", url="/setup", state="done"),
        SimpleNamespace(label="Audience", url="/audience", state="current"),
        SimpleNamespace(label="Review", url="", state="todo"),
    ]
    html = render('<c-steps :steps="steps" label="New campaign" />', steps=steps)
    assert '<a href="/audience" aria-current="step">Audience</a>' in html
    assert "<span>Review</span>" in html


def test_page_links_keep_the_other_values_of_the_query() -> None:
    request = RequestFactory().get("/campaigns/", {"state": "paused", "cursor": "old"})
    page = Page(items=("x",), next_cursor="abc", previous_cursor=None)
    html = render('<c-pagination :page="page" />', page=page, request=request)
    assert 'href="?state=paused&amp;cursor=abc"' in html
    assert 'rel="prev"' not in html


def test_breadcrumbs_lead_up() -> None:
    assert 'href="/o/acme/"' in render('<c-breadcrumb href="/o/acme/">Home</c-breadcrumb>')


def test_the_brand_names_the_product() -> None:
    assert "Relay" in render("<c-brand />")
