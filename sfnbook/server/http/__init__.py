"""The HTTP side of the endpoint: routes, connections, the web page, and the server that `serve` starts."""
