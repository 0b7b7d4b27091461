"""JSONPath states: paths, payload templates, intrinsic functions and Choice rules, each compiled to a closure."""
