"""A page looked at in Chromium without driver or network: a frame of a width, its scroll width, what it fetched, what the console said."""

import json
import os
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path

_NAMES = ("chromium-headless-shell", "headless_shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
WHY = "no Chromium here: install chromium-headless-shell (or set SD_BASIS_BROWSER) to look at the report in a browser"
_LOOK = """<!DOCTYPE html><meta charset="utf-8"><body style="margin:0"><iframe width="{width}" height="900" style="border:0" srcdoc="{page}"></iframe>
<pre id="seen"></pre><script>
addEventListener('load', () => {{ const frame = document.querySelector('iframe'), own = frame.contentDocument, view = frame.contentWindow;
const scrolls = (e) => ['auto', 'scroll'].includes(view.getComputedStyle(e).overflowX);
const clipped = (e) => {{ for (let p = e.parentElement; p; p = p.parentElement) {{ if (scrolls(p)) return true }} return false }};
document.querySelector('#seen').textContent = JSON.stringify({{ inner: view.innerWidth, scroll: own.documentElement.scrollWidth,
height: own.documentElement.scrollHeight, fetched: view.performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith('data:')),
outside: [...own.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > view.innerWidth + 1 && !clipped(e)).length,
pictures: [...own.images].map(i => i.naturalWidth > 0), math: [...own.querySelectorAll('math')].filter(e => e.getBoundingClientRect().height > 5).length }}) }})
</script>"""


def chromium():
    """Return the path of a Chromium, None where there is none."""
    kept = sorted(Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH", Path.home() / ".cache" / "ms-playwright")).glob("chromium*/*/*headless*shell"))
    found = [os.environ.get("SD_BASIS_BROWSER"), *map(shutil.which, _NAMES), *map(str, kept)]
    return next((path for path in found if path), None)


def seen(page, width, folder):
    """Return what a page is like in a frame of a width: numbers, what it fetched, and `console`, what was logged."""
    file = Path(folder) / f"look-{width}.html"
    file.write_text(_LOOK.format(width=width, page=escape(page, quote=True)), encoding="utf-8")
    command = [chromium(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
               "--enable-logging=stderr", f"--user-data-dir={folder}/profile", "--window-size=1600,1000", "--dump-dom", file.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found = json.loads(unescape(re.search(r'<pre id="seen">(.*?)</pre>', done.stdout, re.DOTALL).group(1)))
    return {**found, "console": [line for line in done.stderr.splitlines() if "CONSOLE" in line]}
