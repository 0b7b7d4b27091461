"""The Step Functions API on this machine, for every client that speaks AWS JSON 1.0."""
