"""Build the documentation: ``python docs/build.py`` writes documentation/html, which opens from disk.

Writes all pages as Markdown first (`generate.site`), then lets Sphinx make HTML of them; a warning fails the build, and so does a
link that leads nowhere. llms.txt and llms-full.txt are beside the pages.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from generate import handout, links, llms  # noqa: E402  # beside this file
from generate.site import lay_out  # noqa: E402


def main() -> int:
    """Build and return Sphinx's exit code."""
    parser = argparse.ArgumentParser(description="Build the documentation.")
    parser.add_argument("--out", type=Path, default=HERE.parent / "documentation", metavar="DIR", help="where to")
    parser.add_argument("--handouts", action="store_true", help="print the chapters to PDF, too (needs Chromium)")
    given = parser.parse_args()
    out = given.out.resolve()
    texts = lay_out(out / "pages")
    sphinx = ["-m", "sphinx", "--fail-on-warning", "--nitpicky", "--quiet", "--fresh-env", "-b", "html"]
    code = subprocess.call([sys.executable, *sphinx, "-c", str(HERE), str(out / "pages"), str(out / "html")])
    if code == 0:
        (out / "html" / "llms.txt").write_text(llms.index(texts), "utf-8")
        (out / "html" / "llms-full.txt").write_text(llms.full(texts), "utf-8")
        handouts = handout.write(out / "html")
        for link in links.broken(out / "html"):
            print(f"leads nowhere: {link}", file=sys.stderr)
            code = 1
        if given.handouts and not handout.print_pdf(handouts):
            print("There is no Chromium to print the handouts with.", file=sys.stderr)
            code = 1
    if code == 0:
        print(f"Open {out / 'html' / 'index.html'}")
    return code


if __name__ == "__main__":
    sys.exit(main())
