"""What AWS's API says of a request: its wire format, ARNs, names, tags, pages, encryption, variable references."""
