"""Sphinx's configuration. `docs/build.py` writes the pages that it reads."""

project = "sfnbook"
author = copyright = "The sfnbook maintainers"
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
html_theme = "furo"
html_title = "sfnbook"
html_static_path = ["static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_search_summary = False  # it would fetch pages, which a browser refuses to one that was opened from disk
smartquotes = False  # `--option` stays what it is
