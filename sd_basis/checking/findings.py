"""Findings: what a check found, how grave it is, and all of them together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ..model import Model
    from .context import Context

ERROR, WARNING, NOTE = GRADES = ("error", "warning", "note")


@dataclass(frozen=True)
class Finding:
    """One finding: its grade, one sentence (where: what is so; what to do) and the names of what it is about.

    An error is a fault, a warning a doubt that a modeller has to settle, a note is worth knowing and does not count. `details` are the numbers
    behind the sentence, for a program, where there are more than it says.
    """

    grade: str
    sentence: str
    names: tuple[str, ...] = ()
    check: str = ""
    details: Mapping[str, Any] | None = None


def error(sentence: str, *names: str, details: Mapping[str, Any] | None = None) -> Finding:
    """Return a finding that is a fault."""
    return Finding(ERROR, sentence, names, details=details)


def warning(sentence: str, *names: str, details: Mapping[str, Any] | None = None) -> Finding:
    """Return a finding that raises a doubt."""
    return Finding(WARNING, sentence, names, details=details)


def note(sentence: str, *names: str, details: Mapping[str, Any] | None = None) -> Finding:
    """Return a finding that does not count."""
    return Finding(NOTE, sentence, names, details=details)


class Skip(Exception):
    """A check cannot be made; its text says why."""


def no_runs(model: Model, context: Context) -> int:
    """Return the number of runs of a check that makes none of its own."""
    return 0


@dataclass(frozen=True)
class Check:
    """A test of a model: a function that gives findings, where the test is from, and what it costs.

    `find(model, context)` raises Skip where it cannot be made. `quick` ones belong to a quick look; `runs` estimates the runs for the progress.
    """

    name: str
    find: Callable[[Model, Context], Iterable[Finding]]
    source: str
    quick: bool = False
    runs: Callable[[Model, Context], int] = no_runs

    @property
    def title(self) -> str:
        """What it tests, in one line."""
        return (self.find.__doc__ or self.name).partition("\n")[0].rstrip(".")


@dataclass(frozen=True)
class Checked:
    """A check as it was made: its findings, or why it was skipped."""

    name: str
    title: str
    source: str
    findings: tuple[Finding, ...] = ()
    skipped: str = ""
    seconds: float = 0.0

    @property
    def result(self) -> str:
        """How it came out: "skipped", "passed" (notes do not count) or "findings"."""
        if self.skipped:
            return "skipped"
        return "findings" if any(found.grade != NOTE for found in self.findings) else "passed"


@dataclass(frozen=True)
class Findings:
    """All checks of a model; iterating gives the findings, the gravest first."""

    model: str
    case: str
    values: str | None
    checked: tuple[Checked, ...]

    def __iter__(self):
        every = [found for check in self.checked for found in check.findings]
        return iter(sorted(every, key=lambda found: GRADES.index(found.grade)))

    def __len__(self) -> int:
        return sum(len(check.findings) for check in self.checked)

    def of(self, grade: str) -> list[Finding]:
        """Return the findings of one grade."""
        return [found for found in self if found.grade == grade]

    @property
    def sound(self) -> bool:
        """Whether there is neither an error nor a warning."""
        return not any(check.result == "findings" for check in self.checked)

    @property
    def summary(self) -> str:
        """One sentence: how many checks passed, found something or were skipped, and why."""
        results = [check.result for check in self.checked]
        found = [counted(len(self.of(grade)), grade) for grade in GRADES if self.of(grade)]
        why: dict[str, list[str]] = {}
        for check in self.checked:
            if check.skipped:
                why.setdefault(check.skipped, []).append(check.name)
        skipped = "; ".join(f"{', '.join(names)}: {reason}" for reason, names in why.items())
        return (f"{counted(len(results), 'check')}: {results.count('passed')} passed, {results.count('findings')} with findings"
                f"{f' ({chr(44).join(found)})'.replace(',', ', ') if found else ''}, {results.count('skipped')} skipped{f' ({skipped})' if skipped else ''}.")

    def document(self) -> dict[str, Any]:
        """Return everything as plain texts and numbers."""
        return {"model": self.model, "case": self.case, "values": self.values, "sound": self.sound, "summary": self.summary,
                "checks": [{"name": check.name, "title": check.title, "source": check.source, "result": check.result, "skipped": check.skipped or None,
                            "seconds": round(check.seconds, 3)} for check in self.checked],
                "findings": [{"check": found.check, "grade": found.grade, "sentence": found.sentence, "names": list(found.names),
                              **({} if found.details is None else {"details": found.details})} for found in self]}


def counted(number: int, what: str) -> str:
    """Return "1 error", "2 errors"."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def listed(names: Iterable[str], most: int = 6) -> str:
    """Return names as text, the first few of many."""
    every = list(names)
    return ", ".join(every[:most]) + (f" and {len(every) - most} more" if len(every) > most else "")
