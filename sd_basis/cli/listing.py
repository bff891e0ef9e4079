"""The command `list`: the shipped models with their cases and value sets, without running any of them."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import click

from .. import library
from .options import json_option


def title(path: Path) -> str:
    """Return the title of a case file, as far as it can be read."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError):
        return "(cannot be read)"
    if "title" not in content and "extends" in content:
        return f"as {content['extends']}, changed"
    return str(content.get("title", ""))


@click.command("list")
@json_option
def list_models(as_json: bool) -> None:
    """List the shipped models with their cases and value sets."""
    models: list[dict[str, Any]] = [{"model": name, "headline": library.headline(path),
               "cases": {case: title(file) for case, file in library.case_paths(path).items()},
               "values": list(library.value_set_paths(path))} for name, path in library.model_paths().items()]
    if as_json:
        click.echo(json.dumps(models, indent=1))
        return
    if not models:
        click.echo("No model is shipped; give the path of your own.")
    for model in models:
        click.echo(f"{model['model']}  {model['headline']}".rstrip())
        width = max(map(len, model["cases"]), default=0)
        for case, text in model["cases"].items():
            click.echo(f"  --case {case.ljust(width)}  {text}".rstrip())
        if model["values"]:
            click.echo(f"  --values {' | '.join(model['values'])}")
