"""The report: every part in order, one that fails told in its place, as one page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from ..case import Case
from ..errors import BasisError, InputError
from ..library import find_case, load
from ..manifest import manifest
from ..model import Model
from ..storage import write_result
from ..version import __version__
from . import behaviour, books, declared, evidence, feedback, fits, guidelines, method, structure, telling
from .page import Markup, element, joined, page
from .subject import Picture, Subject, attempted, known_cases

Make = Callable[[Subject], Markup | None]

PARTS: tuple[tuple[str, str, Make], ...] = (
    ("story", "The story", telling.story), ("outcome", "What happened", behaviour.outcome), ("cases", "Cases compared", behaviour.cases),
    ("diagram", "Stocks and flows", structure.diagram), ("loops", "Feedback loops", feedback.loops),
    ("figures", "Figures of the model", behaviour.figures), ("stocks", "Stocks", structure.stocks),
    ("equations", "Equations", structure.equations), ("parameters", "Parameters", declared.parameters), ("inputs", "Data and lookups", declared.inputs),
    ("rules", "Policies, impulses and outcomes", declared.rules), ("books", "Balance sheets and transactions", books.books),
    ("ledgers", "Ledgers", books.ledgers),
    ("checks", "Checks", evidence.checks), ("claims", "Claims", evidence.claims), ("fits", "Fits", fits.fits), ("method", "How it was computed", method.method))
_GUIDELINES = ("guidelines", "Reporting guidelines")


@dataclass(frozen=True)
class Report:
    """A page with what it holds: its parts by anchor with their titles, the sentences of those that failed, and the manifest of the run."""

    html: str
    parts: Mapping[str, str]
    failures: Mapping[str, str]
    manifest: Mapping[str, Any]

    def write(self, path: str | Path) -> Path:
        """Write the page whole or not at all, with its manifest beside it; raise InputError where that cannot be."""
        file = writable(path)
        try:
            return write_result(file, self.html, dict(self.manifest))
        except OSError as error:
            raise InputError(f"report {file}: it cannot be written ({error.strerror or error}); choose a file in a folder you may write to") from None


def writable(path: str | Path) -> Path:
    """Return the path of the page; raise InputError, before anything is computed, where it cannot become a file."""
    file = Path(path)
    if file.is_dir():
        raise InputError(f"report {file}: it is a folder; give the name of a file, as in {file / 'report.html'}")
    folder = file.parent
    while not folder.exists():
        folder = folder.parent
    if not folder.is_dir():
        raise InputError(f"report {file}: {folder} is a file, not a folder; choose another place")
    probe = folder / f".{file.name}.probe"
    try:
        probe.touch(exist_ok=False)
        probe.unlink()
    except OSError as error:
        raise InputError(f"report {file}: it cannot be written ({error.strerror}); choose a file in a folder you may write to") from None
    return file


def report(model: Model | str | Path, case: Case | str | Path | None = None, *, values: str | None = None, set: Mapping[Any, float] | None = None,
           others: Iterable[str] | None = None, shows: Sequence[str] = (), claims: str | Path | None = None, measure: bool = False,
           pictures: Callable[[Subject, str], Sequence[Picture]] | None = None, method: str = "LSODA", rtol: float = 1e-6, on: date | None = None,
           progress: Callable[[str], None] | None = None) -> Report:
    """Return the report of a model and one of its cases as one self-contained page of HTML.

    `others` are the cases compared, by default all; `shows` the quantities compared; `claims` a folder with verdicts stored by the command
    `claims`, and `measure` measures the others; `pictures` draws (`pictures` of `sd_basis.figures.reporting`, or `all_pictures` with the model's own figures too). A part that fails is told in its
    place. Apart from the date, by default today, the same model gives the same bytes. `progress` is told what is at work.
    """
    loaded = model if isinstance(model, Model) else load(model, values=values)
    chosen = find_case(loaded, case) or Case("default")
    known = known_cases(loaded) if others is None else tuple(others)
    for name in known:
        find_case(loaded, name)
    folder = None if claims is None else Path(claims)
    if folder is not None and not list(folder.glob("claim-*.json")):
        raise InputError(f"claims {folder}: no verdicts are stored there; give the folder that the command claims wrote with --out")
    tell = progress or (lambda title: None)
    tell("the run")
    run, failure = attempted(loaded, chosen, method=method, rtol=rtol, set=set)
    subject = Subject(loaded, chosen, run, failure, tuple(shows), pictures, known, folder, measure, dict(set or {}), tell)
    sections: list[tuple[str, str, Markup]] = []
    failures = subject.failures
    failures.update({"run": failure} if failure else {})
    for anchor, title, make in PARTS:
        tell(title)
        made = _made(subject, title, make, failures, anchor)
        if made is not None:
            sections.append((anchor, title, made))
    titles = {anchor: title for anchor, title, _ in sections}
    sections.append((*_GUIDELINES, guidelines.guidelines([anchor for anchor in titles if anchor not in failures], titles)))
    day = (on or date.today()).isoformat()
    head = joined(element("p", element("strong", run.summary)), _failed(failures, titles))
    foot = element("p", f"Made on {day} by sd_basis {__version__}. Apart from this date the page is the same each time the same model is reported.")
    title = f"{loaded.name}: {chosen.name}" if chosen.name != "default" else loaded.name
    return Report(page(title, head, sections, foot), {anchor: name for anchor, name, _ in sections}, failures, {**manifest(run), "report": list(titles)})


def _made(subject: Subject, title: str, make: Make, failures: dict[str, str], anchor: str) -> Markup | None:
    """Return a part, or the sentence of why there is none."""
    try:
        return make(subject)
    except BasisError as error:
        failures[anchor] = str(error)
    except Exception as error:  # a report without one part is worth more than none
        failures[anchor] = f"{title}: unexpected {type(error).__name__}: {error}"
    return element("p", f"This part could not be made. {failures[anchor]}", class_="failed")


def _failed(failures: Mapping[str, str], titles: Mapping[str, str]) -> Markup | None:
    told = [element("li", element("a", titles[anchor], href=f"#{anchor}") if anchor in titles else f"{anchor}: {failures[anchor]}") for anchor in failures]
    return element("div", "What could not be made:", element("ul", told), class_="failed") if told else None
