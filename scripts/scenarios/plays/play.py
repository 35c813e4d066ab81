"""What a scenario is."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from scripts.scenarios.product import Product
from scripts.scenarios.report import Report


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """One scenario: `act` sends, waits and writes its claims into the report."""

    about: str
    act: Callable[[Product, Report], None]
    #: Settings of the product.
    settings: Mapping[str, str] = field(default_factory=dict)
