"""The sub-commands of ``sfnbook``: each module owns the arguments of its own; `cli` puts them together."""
