"""JSONata expressions, ``{% ... %}``: the language, AWS's own functions and numbers, the tokens of a text."""
