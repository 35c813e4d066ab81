"""Every module of this folder has a whole product of its own, in `product`; `SCENARIO` names its world."""

from collections.abc import Iterator

import pytest

from scripts.product_run.campaigns import Marketer
from scripts.product_run.product import Product, running
from scripts.product_run.receivers import Receivers
from tests.e2e.worlds import SCENARIOS


@pytest.fixture(scope="module")
def product(request: pytest.FixtureRequest) -> Iterator[Product]:
    """Running until the module ends; its folder stays where a test has failed."""
    before = request.session.testsfailed
    module = request.module
    settings = getattr(module, "SETTINGS", {})
    with running(
        SCENARIOS / module.SCENARIO, keep=lambda: request.session.testsfailed > before, **settings
    ) as product:
        yield product


@pytest.fixture(scope="module")
def marketer(product: Product) -> Marketer:
    """Signed in at the dashboard."""
    return Marketer.of(product)


@pytest.fixture(scope="module")
def receivers(product: Product) -> Receivers:
    """The other side."""
    return Receivers(folder=product.receivers)
