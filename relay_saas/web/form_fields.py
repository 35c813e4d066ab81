"""Template filters that give Django's form widgets the classes of our style sheet, and nothing else."""

from __future__ import annotations

from typing import Final

from django import forms, template
from django.utils.safestring import SafeString

register = template.Library()

_CLASSES: Final[tuple[tuple[type[forms.Widget] | tuple[type[forms.Widget], ...], str], ...]] = (
    (forms.CheckboxInput, "form-check-input"),
    ((forms.RadioSelect, forms.CheckboxSelectMultiple), "choice"),
    (forms.Select, "form-select"),
)


@register.filter
def control(field: forms.BoundField) -> SafeString:
    """Render the field's control; Django adds aria-invalid and aria-describedby (help text and errors)."""
    classes = [widget_class(field.field.widget), field.field.widget.attrs.get("class", "")]
    if field.errors:
        classes.append("is-invalid")
    return field.as_widget(attrs={"class": " ".join(filter(None, classes))})


@register.filter
def is_check(field: forms.BoundField) -> bool:
    """Say whether the label of the field stands after its control (a single check box)."""
    return isinstance(field.field.widget, forms.CheckboxInput)


def widget_class(widget: forms.Widget) -> str:
    """Return the style sheet's class for a kind of widget."""
    return next((name for kinds, name in _CLASSES if isinstance(widget, kinds)), "form-control")
