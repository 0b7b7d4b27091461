"""Handouts: each chapter of the course as a page for paper, made of the site's page.

What a run shows stays open, as nobody can click on paper. Hints, answers and solutions are left out, or, in the second form, open.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

BROWSERS: Final = ("chromium", "chromium-browser", "google-chrome")

_SECRET: Final = re.compile(
    r"<details[^>]*>\s*<summary>\s*(?:Hint \d+|An? (?:solution|answer)|The (?:solution|answer)).*?</details>", re.DOTALL
)
_DETAILS: Final = re.compile(r"<details(?![^>]*\bopen\b)")
_STYLE: Final = """<style>
@page { size: A4; margin: 15mm }
.sidebar-drawer, .toc-drawer, .mobile-header, .related-pages, .content-icon-container, .back-to-top, footer { display: none !important }
.main, .content { display: block; width: auto !important; max-width: none !important; padding: 0 !important }
img, svg { max-width: 100% !important; max-height: 240mm; height: auto; break-inside: avoid }
pre { white-space: pre-wrap; overflow: visible !important; break-inside: avoid-page }
.notebook-output, .notebook-output * { max-height: none !important; overflow: visible !important }
</style>"""


def page(html: str, solutions: bool) -> str:
    """Return a chapter's page for paper: with everything open, or without what gives the exercises away."""
    kept = html if solutions else _SECRET.sub("", html)
    return _DETAILS.sub("<details open", kept).replace("</head>", f"{_STYLE}</head>", 1)


def write(site: Path) -> list[Path]:
    """Write the handouts of a built site beside its tutorial; return the HTML files."""
    folder = site / "handout"
    folder.mkdir(exist_ok=True)
    written = []
    for chapter in sorted((site / "tutorial").glob("*.html")):
        for name, solutions in ((chapter.stem, False), (f"{chapter.stem}-solutions", True)):
            written.append(folder / f"{name}.html")
            written[-1].write_text(page(chapter.read_text("utf-8"), solutions), "utf-8")
    return written


def print_pdf(files: list[Path]) -> bool:
    """Print each of them to a PDF beside it, with a browser of this machine; return whether there is one."""
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return False
    for file in files:
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        command = [browser, *options, f"--print-to-pdf={file.with_suffix('.pdf')}", file.as_uri()]
        subprocess.run(command, check=True, capture_output=True, timeout=180)
    return True
