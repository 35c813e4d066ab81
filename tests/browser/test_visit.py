"""What the visits of this folder have to see, and that one leaves nothing to the next."""

from urllib.parse import urlsplit

from tests.browser.site import Look, Site
from tests.browser.visit import Watch, axe

FAULTY = """<html lang="en"><title>x</title><main><h1>x</h1><button></button><img src="data:,"><input>
<p style="color: #ccc; background: #fff">Pale words</p></main></html>"""


def test_axe_names_what_shuts_people_out(site: Site) -> None:
    with site.open(Look()) as context:
        page = context.new_page()
        page.set_content(FAULTY)
        for _ in range(2):
            found = {finding.partition(":")[0] for finding in axe(page)}
            assert found == {"button-name", "color-contrast", "image-alt", "label"}


def test_a_tab_keeps_nothing_of_a_visit(site: Site) -> None:
    with site.open(Look()) as context:
        page = context.new_page()
        watch = Watch(page, frozenset({urlsplit(site.web).netloc}), rest=f"{site.web}/healthz")
        page.goto(f"{site.web}/accounts/login/")
        page.evaluate("sessionStorage.setItem('kept', '1')")
        watch.leave()
        page.goto(f"{site.web}/accounts/login/")
        page.evaluate("console.error('of the next visit')")
        assert page.evaluate("sessionStorage.getItem('kept')") is None
        assert watch.complaints == []
