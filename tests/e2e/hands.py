"""Two ways to use a page: by mouse, and by keyboard alone."""

from pathlib import Path
from typing import Final, Protocol

import pytest
from playwright.sync_api import Locator, Page

#: More than any page has places for the focus.
MOST_TABS: Final = 150
#: Whether the focus is on a control; where else it is otherwise.
FOCUS: Final = "it => it === document.activeElement ? 'here' : document.activeElement?.tagName"


class Hands(Protocol):
    """What a person does with one control of a page."""

    def press(self, control: Locator) -> None:
        """Presses a button or follows a link."""

    def write(self, control: Locator, text: str) -> None:
        """Replaces what stands in a field."""

    def tick(self, control: Locator) -> None:
        """Ticks a box or chooses the first of several."""

    def choose(self, control: Locator, label: str) -> None:
        """Chooses from a menu."""

    def give(self, control: Locator, file: Path) -> None:
        """Gives a file."""


class Mouse:
    """Points and clicks."""

    def press(self, control: Locator) -> None:
        """Clicks."""
        control.click()

    def write(self, control: Locator, text: str) -> None:
        """Clicks into the field and types."""
        control.fill(text)

    def tick(self, control: Locator) -> None:
        """Clicks."""
        control.check()

    def choose(self, control: Locator, label: str) -> None:
        """Opens the menu and clicks."""
        control.select_option(label=label)

    def give(self, control: Locator, file: Path) -> None:
        """Chooses the file in the dialog."""
        control.set_input_files(file)


class Keyboard:
    """Tab, Space, Enter, letters; never points at anything."""

    def __init__(self, page: Page) -> None:
        self._page = page
        # The browser is asked to tell of dialogs now: asked at the key's press, it may hear too late.
        page.on("filechooser", lambda _: None)

    def press(self, control: Locator) -> None:
        """Enter, where the focus is."""
        self._reach(control)
        self._page.keyboard.press("Enter")

    def write(self, control: Locator, text: str) -> None:
        """Selects what is there and types."""
        self._reach(control)
        self._page.keyboard.press("Control+A")
        self._page.keyboard.insert_text(text)

    def tick(self, control: Locator) -> None:
        """Space."""
        self._reach(control)
        if not control.is_checked():
            self._page.keyboard.press("Space")

    def choose(self, control: Locator, label: str) -> None:
        """Arrows through the menu."""
        self._reach(control)
        self._page.keyboard.press("Home")
        for _ in range(control.locator("option").count()):
            if control.locator("option:checked").inner_text().strip() == label:
                return
            self._page.keyboard.press("ArrowDown")
        pytest.fail(f"the menu does not offer {label!r}")

    def give(self, control: Locator, file: Path) -> None:
        """Opens the dialog by Enter."""
        self._reach(control)
        with self._page.expect_file_chooser() as dialog:
            self._page.keyboard.press("Enter")
        dialog.value.set_files(file)

    def _reach(self, control: Locator) -> None:
        control.wait_for()
        for _ in range(MOST_TABS):
            focus = control.evaluate(FOCUS)
            if focus == "here":
                return
            # A code editor keeps Tab for itself until Escape.
            if focus == "TEXTAREA":
                self._page.keyboard.press("Escape")
            self._page.keyboard.press("Tab")
        pytest.fail(f"the keyboard does not reach {control}")
