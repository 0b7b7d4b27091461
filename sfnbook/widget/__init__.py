"""The live widget: the messages it gets and its ES modules (``static/``)."""
