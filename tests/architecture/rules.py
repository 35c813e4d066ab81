"""The house rules that no linter knows: each reads a tree and returns its breaches, so that meta-tests
can plant some."""

import ast
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

APPS = ("accounts", "campaigns", "delivery", "tracking")
CODE = ("relay_saas", *APPS)
#: What a template folder may include besides itself and components/ and base/.
TEMPLATE_LEFT = {
    "accounts": (),
    "campaigns": ("accounts",),
    "delivery": ("accounts", "campaigns"),
    "tracking": ("accounts", "campaigns", "delivery"),
    "console": ("accounts", "campaigns", "delivery", "tracking"),
    "recipient": (),
    "account": ("allauth",),
    "allauth": (),
    "mail": (),
}
FILE_LINES, FUNCTION_LINES, TEMPLATE_LINES, SCRIPT_LINES = 400, 50, 150, 200
BANNED_MODULES = frozenset({"utils.py", "helpers.py", "common.py", "admin.py", "misc.py"})
BANNED_WORDS = re.compile(
    r"\b(TODO|FIXME|XXX|HACK)\b|CELERY_TASK_ALWAYS_EAGER|task_always_eager|sys\.modules\[?.{0,4}pytest|PYTEST_CURRENT_TEST"
)
IGNORES_PER_LINES = 1000


@dataclass(frozen=True, slots=True)
class Breach:
    """One place that breaks a rule."""

    rule: str
    path: str
    line: int
    text: str = ""


def python_files(root: Path, *folders: str) -> Iterator[Path]:
    """Our Python files; generated migrations are not ours."""
    for folder in folders or CODE:
        for path in sorted((root / folder).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path


def _tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def files_are_short(root: Path) -> Iterator[Breach]:
    """No file over 400 lines, no script over 200, no template over 150."""
    limits: list[tuple[Iterator[Path], int]] = [
        (python_files(root, *CODE, "tests"), FILE_LINES),
        ((root / "scripts").rglob("*.*"), SCRIPT_LINES),
        ((root / "relay_saas" / "static" / "app").rglob("*.js"), SCRIPT_LINES),
        ((root / "templates").rglob("*.html"), TEMPLATE_LINES),
    ]
    for paths, limit in limits:
        for path in paths:
            if "__pycache__" in path.parts:
                continue
            lines = path.read_text(encoding="utf-8").count("\n")
            if lines > limit:
                yield Breach("file too long", str(path.relative_to(root)), lines)


def functions_are_short(root: Path) -> Iterator[Breach]:
    """No function over 50 lines."""
    for path in python_files(root, *CODE, "tests"):
        for node in ast.walk(_tree(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                length = (node.end_lineno or node.lineno) - node.lineno + 1
                if length > FUNCTION_LINES:
                    yield Breach("function too long", str(path.relative_to(root)), node.lineno, node.name)


def imports_stand_at_the_top(root: Path) -> Iterator[Breach]:
    """No import inside a function, none under TYPE_CHECKING: both hide a cycle. AppConfig.ready is
    Django's place."""
    for path in python_files(root):
        for node in ast.walk(_tree(path)):
            inside = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "ready"
            checking = isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
            if not inside and not checking:
                continue
            for inner in ast.walk(node):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    yield Breach(
                        "import hidden", str(path.relative_to(root)), inner.lineno, ast.unparse(inner)
                    )


def modules_say_what_they_are_for(root: Path) -> Iterator[Breach]:
    """Every module begins with a docstring; empty __init__ files are empty."""
    for path in python_files(root):
        text = path.read_text(encoding="utf-8")
        if text.strip() and ast.get_docstring(ast.parse(text)) is None:
            yield Breach("no docstring", str(path.relative_to(root)), 1)


def names_name_a_subject(root: Path) -> Iterator[Breach]:
    """No utils, helpers or common: the subject is the name; no Django admin, a second, unscoped face."""
    for path in python_files(root):
        if path.name in BANNED_MODULES:
            yield Breach("module without a subject", str(path.relative_to(root)), 1)


def nothing_is_left_undone(root: Path) -> Iterator[Breach]:
    """No notes to oneself, no eager Celery, no branch for tests in production code."""
    for path in python_files(root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if BANNED_WORDS.search(line):
                yield Breach("banned word", str(path.relative_to(root)), number, line.strip())


def models_are_asked_by_import(root: Path) -> Iterator[Breach]:
    """`apps.get_model` goes around the layers; only migrations need it."""
    for path in python_files(root, *APPS):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            if "apps.get_model" in line:
                yield Breach("get_model", str(path.relative_to(root)), number, line.strip())


def type_ignores_are_rare_and_explained(root: Path) -> Iterator[Breach]:
    """Each `type: ignore` has a code and a reason, and there is at most one in a thousand lines."""
    found, lines = [], 0
    for path in python_files(root):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            lines += 1
            if "type: ignore" in line:
                found.append(Breach("type ignore", str(path.relative_to(root)), number, line.strip()))
    for breach in found:
        if not re.search(r"# type: ignore\[[a-z-]+(, ?[a-z-]+)*\]  # \S", breach.text):
            yield Breach("type ignore without code and reason", breach.path, breach.line, breach.text)
    if len(found) > max(1, lines // IGNORES_PER_LINES):
        yield Breach("too many type ignores", ".", len(found), f"{len(found)} in {lines} lines")


def templates_look_left(root: Path) -> Iterator[Breach]:
    """A template extends and includes only its own folder, folders to its left, base/ and components/."""
    for path in sorted((root / "templates").rglob("*.html")):
        own = path.relative_to(root / "templates").parts[0]
        allowed = {own, "base", "components", *TEMPLATE_LEFT.get(own, ())}
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
            for folder in re.findall(r"{%\s*(?:include|extends)\s+[\"']([a-z_]+)/", line):
                if folder not in allowed:
                    yield Breach("template looks right", str(path.relative_to(root)), number, line.strip())


RULES: tuple[Callable[[Path], Iterator[Breach]], ...] = (
    files_are_short,
    functions_are_short,
    imports_stand_at_the_top,
    modules_say_what_they_are_for,
    names_name_a_subject,
    nothing_is_left_undone,
    models_are_asked_by_import,
    type_ignores_are_rare_and_explained,
    templates_look_left,
)
