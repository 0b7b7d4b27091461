"""The same machine elsewhere: a Step Functions endpoint, or an AWS account that was named on purpose."""
