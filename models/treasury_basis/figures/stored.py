"""Results that take minutes, kept in the folder `results` of the model, and whether they are those of the model as it stands."""

import json

from sd_basis.errors import InputError
from sd_basis.library import locate
from sd_basis.manifest import digest

SAMPLE = "--sample 512 --over price_impact --over flight --over fear_spreads --over full_slope --over haircut_floor"
COMMANDS = {
    "timing": "sd-basis timing treasury_basis --case march-2020 --out FOLDER",
    "uncertainty": f"sd-basis uncertainty treasury_basis --case march-2020 --outcome funds {SAMPLE} --between 8:25 --out FOLDER",
    "regret": f"sd-basis regret treasury_basis --case march-2020 {SAMPLE} --action ... --loss ... --out FOLDER",
}
CURRENT, OTHER, UNKNOWN = "the model as it stands", "another state of the model", "a state of the model that is not recorded"


def path_of(name: str):
    """Return the path of a stored result; raise InputError where there is none."""
    path = locate("treasury_basis") / "results" / name
    if not path.is_file():
        raise InputError(f"model 'treasury_basis': {name} is missing in its folder results; {command(path.stem)} writes it")
    return path


def stored(name: str) -> dict:
    """Return a stored result."""
    return json.loads(path_of(f"{name}.json").read_text(encoding="utf-8"))


def command(name: str) -> str:
    """Return the command that computes a stored result."""
    return COMMANDS.get(name, f"python tests/spark_evidence.py {name}")


def computed_from(context, digests: dict[str, str]) -> str:
    """Return what results were computed from, by their digests, "VALUES, CASE" to text."""
    own = {key: digest(context.with_values(key.partition(", ")[0]), key.partition(", ")[2]) for key in digests}
    return UNKNOWN if not digests else CURRENT if own == digests else OTHER


def said_of(name: str, source: str) -> str:
    """Return the sentence on where a stored result comes from."""
    if source == CURRENT:
        return "Stored, computed from the model as it stands."
    return f"Stored, computed from {source}: compute it anew."
