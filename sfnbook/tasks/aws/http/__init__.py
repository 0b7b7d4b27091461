"""Tasks that are HTTP requests: `http:invoke`, `apigateway:invoke`, and the embedded REST APIs."""
