"""Where people keep definitions: SAM and CloudFormation templates, CDK's output, Terraform, the Serverless Framework,
DescribeStateMachine's answer, manifests. Finds the state machines in them, with every place in the file they stand in.
"""
