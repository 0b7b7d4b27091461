"""The traits of the widget: what a page gets of a machine and a run, as JSON; `recorder` builds it, `shapes` types it."""
