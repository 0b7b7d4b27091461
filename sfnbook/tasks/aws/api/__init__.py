"""AWS's API models: which actions there are, what a request must hold, how Step Functions shapes a call and its answer."""
