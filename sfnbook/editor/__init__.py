"""What an editor asks while somebody writes a definition: see `services`; `lsp` serves it to editors outside Jupyter."""
