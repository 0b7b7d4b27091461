"""The library that evaluates JSONata: jlens, or jsonata-python where jlens has no wheel (Pyodide, JupyterLite).

``from sfnbook.query.jsonata.library import jlens`` is the one way to either; both offer what `pure_python` lists.
"""

from __future__ import annotations

try:
    import jlens
except ImportError:
    from sfnbook.query.jsonata import pure_python as jlens  # type: ignore[no-redef]

__all__ = ["jlens"]
