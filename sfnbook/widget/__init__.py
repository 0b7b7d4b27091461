"""The live widget and its static forms: the widget itself, its ES modules (``static/``), HTML, pictures."""
