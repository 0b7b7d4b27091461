"""Expressions: JSONPath, JSONata, intrinsic functions and Choice rules, compiled to closures."""
