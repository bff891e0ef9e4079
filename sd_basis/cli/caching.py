"""The command `cache`: where generated code is kept and how much of it there is, and its end."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

import click

from .. import cache as kept
from .options import json_option
from .output import count


@click.command()
@click.option("--clear", is_flag=True, help="Remove what is there; the next run of a model compiles it again.")
@json_option
def cache(clear: bool, as_json: bool) -> None:
    """Show where compiled models are kept, how many and how old, or remove them."""
    found = kept.clear() if clear else kept.entries()
    used = sorted(_day(entry.used) for entry in found)
    about: dict[str, Any] = {
        "folder": str(kept.cache_folder().absolute()), "cleared": clear, "models": len({entry.key for entry in found}), "entries": len(found),
        "bytes": sum(entry.size for entry in found), "last_used": [used[0], used[-1]] if used else None}
    if as_json:
        click.echo(json.dumps(about, indent=1))
        return
    holds = f"{count(about['entries'], 'file')} of {count(about['models'], 'compiled model')}, {_size(about['bytes'])}"
    if clear:
        click.echo(f"Removed {holds}, from {about['folder']}")
        return
    click.echo(f"{about['folder']}\n{holds}" + (f", last used between {used[0]} and {used[-1]}" if used else ""))
    click.echo(f"What nobody uses for {kept.KEEP_DAYS} days goes by itself, and so does what was unused longest beyond {_size(kept.KEEP_BYTES)}. "
               "`sd-basis cache --clear` empties it.")


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds).date().isoformat()


def _size(size: int) -> str:
    """Return a size in bytes as short text."""
    power = next((power for power in (3, 2, 1) if size >= 1000**power), 0)
    return f"{size / 1000**power:.3g} {('bytes', 'kB', 'MB', 'GB')[power]}"
