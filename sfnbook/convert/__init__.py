"""A definition turned into another form that does the same: JSONata instead of JSONPath, with the proof."""
