"""What IAM permissions each integration needs: the developer guide's "IAM policies for integrated services" as tables.

Owns which action an API call is authorized by, on which ARN, and what a ``.sync`` task adds: what it polls and stops, and
the EventBridge rule that Step Functions manages. Knows no machine: a call is a resource and what its parameters say.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from sfnbook.language.resource import Resource, parse_resource
from sfnbook.tasks.aws.api import model as api_model
from sfnbook.values import Json

ANY: Final = "*"
"""What stands in an ARN for what only a run knows."""


class Permission(NamedTuple):
    """One action on one ARN. condition: what it is limited to, as (operator, key, value) triples."""

    action: str
    resource: str
    condition: tuple[tuple[str, str, str], ...] = ()


@dataclass
class Place:
    """Where ARNs lead that a definition gives only the names of: ``*`` where nobody says. machine: the machine's name."""

    region: str = ANY
    account: str = ANY
    machine: str = ANY
    partition: str = field(init=False)

    def __post_init__(self) -> None:
        start = self.region.partition("-")[0]
        self.partition = "aws-cn" if start == "cn" else "aws-us-gov" if self.region.startswith("us-gov") else "aws"

    def arn(self, service: str, rest: str, *, region: str | None = None, account: str | None = None) -> str:
        """Return an ARN here."""
        region = self.region if region is None else region
        return f"arn:{self.partition}:{service}:{region}:{self.account if account is None else account}:{rest}"


class Call(NamedTuple):
    """A call as far as it is known: the integration, and its parameters with `ANY` for what only a run knows."""

    resource: Resource
    parameters: Mapping[str, Json]
    place: Place

    def get(self, name: str, default: str = ANY) -> str:
        """Return a parameter's text, whichever case its first letter has; ``default`` where it is not given."""
        for key in (name, name[:1].lower() + name[1:]):
            if key in self.parameters:
                value = self.parameters[key]
                return value if isinstance(value, str) else ANY
        return ANY if ANY in self.parameters else default


# -- tables ----------------------------------------------------------------------------------------------------------

_PREFIXES: Final = {
    "monitoring": "cloudwatch", "email": "ses", "sesv2": "ses", "iotdata": "iot", "es": "es", "aps": "aps",
    "bedrock-runtime": "bedrock", "sagemaker-runtime": "sagemaker", "streams.dynamodb": "dynamodb",
    "runtime.sagemaker": "sagemaker", "data.iot": "iot", "appconfigdata": "appconfig", "tagging": "tag",
    "entitlement.marketplace": "aws-marketplace", "metering.marketplace": "aws-marketplace", "models.lex": "lex",
    "runtime.lex": "lex", "cur": "cur", "apigatewayv2": "apigateway", "mturk-requester": "mechanicalturk",
}  # fmt: skip
"""The prefix of IAM actions, where it is not the name that requests are signed with."""

_ACTIONS: Final[Mapping[str, tuple[str, ...]]] = {
    "lambda:Invoke": ("lambda:InvokeFunction",), "lambda:InvokeAsync": ("lambda:InvokeFunction",),
    "lambda:InvokeWithResponseStream": ("lambda:InvokeFunction",),
    "s3:HeadObject": ("s3:GetObject",), "s3:SelectObjectContent": ("s3:GetObject",), "s3:DeleteObjects": ("s3:DeleteObject",),
    "s3:ListObjects": ("s3:ListBucket",), "s3:ListObjectsV2": ("s3:ListBucket",), "s3:HeadBucket": ("s3:ListBucket",),
    "s3:ListObjectVersions": ("s3:ListBucketVersions",), "s3:ListBuckets": ("s3:ListAllMyBuckets",),
    "s3:CreateMultipartUpload": ("s3:PutObject",), "s3:UploadPart": ("s3:PutObject",),
    "s3:CompleteMultipartUpload": ("s3:PutObject",), "s3:ListParts": ("s3:ListMultipartUploadParts",),
    "s3:ListMultipartUploads": ("s3:ListBucketMultipartUploads",),
    "s3:PutBucketLifecycleConfiguration": ("s3:PutLifecycleConfiguration",),
    "s3:GetBucketLifecycleConfiguration": ("s3:GetLifecycleConfiguration",),
    "s3:PutBucketNotificationConfiguration": ("s3:PutBucketNotification",),
    "s3:GetBucketEncryption": ("s3:GetEncryptionConfiguration",), "s3:PutBucketEncryption": ("s3:PutEncryptionConfiguration",),
    "sqs:SendMessageBatch": ("sqs:SendMessage",), "sqs:DeleteMessageBatch": ("sqs:DeleteMessage",),
    "sqs:ChangeMessageVisibilityBatch": ("sqs:ChangeMessageVisibility",), "sns:PublishBatch": ("sns:Publish",),
    "dynamodb:ExecuteStatement": tuple(f"dynamodb:PartiQL{verb}" for verb in ("Select", "Insert", "Update", "Delete")),
    "dynamodb:BatchExecuteStatement": tuple(f"dynamodb:PartiQL{verb}" for verb in ("Select", "Insert", "Update", "Delete")),
    "bedrock:Converse": ("bedrock:InvokeModel",), "bedrock:ConverseStream": ("bedrock:InvokeModelWithResponseStream",),
    "bedrock:InvokeModelWithBidirectionalStream": ("bedrock:InvokeModel",),
    "cloudwatch:GetMetricWidgetImage": ("cloudwatch:GetMetricWidgetImage",),
}  # fmt: skip
"""The IAM actions that authorize an API's action, where it is not the one of its own name."""

_EMR: Final = {
    "createCluster": "RunJobFlow", "terminateCluster": "TerminateJobFlows", "addStep": "AddJobFlowSteps",
    "cancelStep": "CancelSteps", "setClusterTerminationProtection": "SetTerminationProtection",
    "modifyInstanceFleetByName": "ModifyInstanceFleet ListInstanceFleets",
    "modifyInstanceGroupByName": "ModifyInstanceGroups ListInstanceGroups",
}  # fmt: skip
"""The APIs behind the actions that the optimized integration of EMR has names of its own for."""

_ARNS: Final[Mapping[str, str]] = {
    "athena": "workgroup/{WorkGroup=primary}",
    "cloudformation": "stack/{StackName}/*",
    "codebuild": "project/{ProjectName}",
    "cognito-idp": "userpool/{UserPoolId}",
    "databrew": "job/{Name}",
    "dynamodb": "table/{TableName}",
    "ecr": "repository/{repositoryName}",
    "eks": "cluster/{ClusterName|Name}",
    "elasticmapreduce": "cluster/{ClusterId|JobFlowId}",
    "emr-serverless": "/applications/{ApplicationId}",
    "emr-containers": "/virtualclusters/{VirtualClusterId|Id}",
    "firehose": "deliverystream/{DeliveryStreamName}",
    "glue:StartJobRun": "job/{JobName}", "glue:GetJobRun": "job/{JobName}", "glue:GetJobRuns": "job/{JobName}",
    "glue:BatchStopJobRun": "job/{JobName}",
    "glue:StartCrawler": "crawler/{Name}", "glue:GetCrawler": "crawler/{Name}", "glue:StopCrawler": "crawler/{Name}",
    "glue:StartWorkflowRun": "workflow/{Name}", "glue:GetWorkflowRun": "workflow/{Name}",
    "kinesis": "stream/{StreamARN|StreamName}",
    "lambda": "function:{FunctionName}",
    "logs": "log-group:{LogGroupName}:*",
    "rds-data": "cluster:{ResourceArn}",
    "secretsmanager": "secret:{SecretId}",
    "sns": "{TopicArn|TargetArn}",
    "sns:CreateTopic": "{Name}",
    "ssm": "parameter/{Name}",
    "ssm:StartAutomationExecution": "automation-definition/{DocumentName}:*",
    "scheduler": "schedule/{GroupName=default}/{Name}",
    "sagemaker:CreateTrainingJob": "training-job/{TrainingJobName}",
    "sagemaker:CreateTransformJob": "transform-job/{TransformJobName}",
    "sagemaker:CreateProcessingJob": "processing-job/{ProcessingJobName}",
    "sagemaker:CreateHyperParameterTuningJob": "hyper-parameter-tuning-job/{HyperParameterTuningJobName}",
    "sagemaker:CreateLabelingJob": "labeling-job/{LabelingJobName}",
    "sagemaker:CreateModel": "model/{ModelName}",
    "sagemaker:CreateEndpoint": "endpoint/{EndpointName}", "sagemaker:UpdateEndpoint": "endpoint/{EndpointName}",
    "sagemaker:InvokeEndpoint": "endpoint/{EndpointName}",
    "sagemaker:CreateEndpointConfig": "endpoint-config/{EndpointConfigName}",
    "states:StartExecution": "stateMachine:{StateMachineArn}", "states:StartSyncExecution": "stateMachine:{StateMachineArn}",
    "states:DescribeStateMachine": "stateMachine:{StateMachineArn}", "states:ListExecutions": "stateMachine:{StateMachineArn}",
    "states:DescribeExecution": "execution:{ExecutionArn}", "states:StopExecution": "execution:{ExecutionArn}",
    "states:GetExecutionHistory": "execution:{ExecutionArn}", "states:RedriveExecution": "execution:{ExecutionArn}",
    "events:PutRule": "rule/{Name}", "events:EnableRule": "rule/{Name}", "events:DisableRule": "rule/{Name}",
    "events:DeleteRule": "rule/{Name}", "events:PutTargets": "rule/{Rule}", "events:RemoveTargets": "rule/{Rule}",
    "iot:Publish": "topic/{Topic}",
    "sts:AssumeRole": "{RoleArn}",
}  # fmt: skip
"""What an action is authorized on: the rest of the ARN, with the parameters that name it (the first one given; after
``=`` what counts where none is). By action, else by service; what is not here is authorized on ``*``."""

_NOT_ON_ONE: Final = re.compile(
    r"dynamodb:(List|Describe(Limits|Endpoints))|sns:(List|Create)|lambda:(List|Create|GetAccount)|kinesis:List"
    r"|(athena|codebuild|ecr|eks|secretsmanager|firehose|logs|cloudformation|scheduler|cognito-idp):(List|Create|Describe(LogG|Reg)|GetRand|GetAuth|Validate)"
    r"|elasticmapreduce:(RunJobFlow|List|Describe(Rel|Sec))|emr-[a-z]+:List|ssm:(Describe|List|Send|Start|GetAuto)|databrew:List"
)
"""Actions of those services that are not authorized on one of their resources."""


class Sync(NamedTuple):
    """What ``.sync`` adds: actions on the same ARN as the first, actions on another (``rest`` of an ARN), and the rule."""

    same: str = ""
    others: str = ""
    rest: str = ""
    rule: str = ""


_JOBS: Final = "StepFunctionsGetEventsForSageMaker{}JobsRule"
_BUILD: Final = "StepFunctionsGetEventForCodeBuild{}Rule"

SYNCS: Final[Mapping[str, Sync]] = {
    "states:StartExecution": Sync(rule="StepFunctionsGetEventsForStepFunctionsExecutionRule"),
    "batch:SubmitJob": Sync("", "batch:DescribeJobs batch:TerminateJob", "", "StepFunctionsGetEventsForBatchJobsRule"),
    "ecs:RunTask": Sync("", "ecs:StopTask ecs:DescribeTasks", "", "StepFunctionsGetEventsForECSTaskRule"),
    "glue:StartJobRun": Sync("glue:GetJobRun glue:GetJobRuns glue:BatchStopJobRun"),
    "databrew:StartJobRun": Sync("databrew:DescribeJobRun databrew:ListJobRuns databrew:StopJobRun"),
    "athena:StartQueryExecution": Sync("athena:GetQueryExecution athena:StopQueryExecution"),
    "codebuild:StartBuild": Sync("codebuild:StopBuild codebuild:BatchGetBuilds", rule=_BUILD.format("StartBuild")),
    "codebuild:StartBuildBatch": Sync(
        "codebuild:StopBuildBatch codebuild:BatchGetBuildBatches", rule=_BUILD.format("StartBuildBatch")),
    "codebuild:RetryBuildBatch": Sync(
        "codebuild:StopBuildBatch codebuild:BatchGetBuildBatches", rule=_BUILD.format("StartBuildBatch")),
    "sagemaker:CreateTrainingJob": Sync(
        "sagemaker:DescribeTrainingJob sagemaker:StopTrainingJob", "sagemaker:ListTags", "", _JOBS.format("Training")),
    "sagemaker:CreateTransformJob": Sync(
        "sagemaker:DescribeTransformJob sagemaker:StopTransformJob", "sagemaker:ListTags", "", _JOBS.format("Transform")),
    "sagemaker:CreateProcessingJob": Sync(
        "sagemaker:DescribeProcessingJob sagemaker:StopProcessingJob", "sagemaker:ListTags", "", _JOBS.format("Processing")),
    "sagemaker:CreateLabelingJob": Sync(
        "sagemaker:DescribeLabelingJob sagemaker:StopLabelingJob", "sagemaker:ListTags", "", _JOBS.format("Labeling")),
    "sagemaker:CreateHyperParameterTuningJob": Sync(
        "sagemaker:DescribeHyperParameterTuningJob sagemaker:StopHyperParameterTuningJob", "sagemaker:ListTags", "",
        _JOBS.format("Tuning")),
    "elasticmapreduce:RunJobFlow": Sync(
        "elasticmapreduce:DescribeCluster elasticmapreduce:TerminateJobFlows",
        rule="StepFunctionsGetEventForEMRRunJobFlowRule"),
    "elasticmapreduce:TerminateJobFlows": Sync(
        "elasticmapreduce:DescribeCluster", rule="StepFunctionsGetEventForEMRTerminateJobFlowsRule"),
    "elasticmapreduce:AddJobFlowSteps": Sync(
        "elasticmapreduce:DescribeStep elasticmapreduce:CancelSteps",
        rule="StepFunctionsGetEventForEMRAddJobFlowStepsRule"),
    "emr-containers:StartJobRun": Sync(
        "", "emr-containers:DescribeJobRun emr-containers:CancelJobRun", "/virtualclusters/{VirtualClusterId}/jobruns/*"),
    "emr-containers:DeleteVirtualCluster": Sync("emr-containers:DescribeVirtualCluster"),
    "emr-serverless:CreateApplication": Sync(
        "", "emr-serverless:GetApplication emr-serverless:DeleteApplication", "/applications/*",
        "StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    "emr-serverless:StartApplication": Sync(
        "emr-serverless:GetApplication emr-serverless:StopApplication",
        rule="StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    "emr-serverless:StopApplication": Sync(
        "emr-serverless:GetApplication", rule="StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    "emr-serverless:DeleteApplication": Sync(
        "emr-serverless:GetApplication", rule="StepFunctionsGetEventsForEMRServerlessApplicationRule"),
    "emr-serverless:StartJobRun": Sync(
        "", "emr-serverless:GetJobRun emr-serverless:CancelJobRun", "/applications/{ApplicationId}/jobruns/*",
        "StepFunctionsGetEventsForEMRServerlessJobRule"),
    "emr-serverless:CancelJobRun": Sync(
        "emr-serverless:GetJobRun", rule="StepFunctionsGetEventsForEMRServerlessJobRule"),
    "eks:CreateCluster": Sync("eks:DescribeCluster eks:DeleteCluster"),
    "eks:DeleteCluster": Sync("eks:DescribeCluster"),
    "eks:CreateNodegroup": Sync("", "eks:DescribeNodegroup eks:DeleteNodegroup", "nodegroup/*"),
    "eks:DeleteNodegroup": Sync("eks:DescribeNodegroup"),
    "eks:CreateFargateProfile": Sync("", "eks:DescribeFargateProfile eks:DeleteFargateProfile", "fargateprofile/*"),
    "eks:DeleteFargateProfile": Sync("eks:DescribeFargateProfile"),
    "mediaconvert:CreateJob": Sync(
        "", "mediaconvert:GetJob mediaconvert:CancelJob", "jobs/*", "StepFunctionsGetEventsForMediaConvertJobRule"),
    "bedrock:CreateModelCustomizationJob": Sync(
        "", "bedrock:GetModelCustomizationJob bedrock:StopModelCustomizationJob", "model-customization-job/*"),
}  # fmt: skip
"""Developer guide, each integration's page. The rule is one for all machines of an account: Step Functions writes it."""

_PASSED_TO: Final = {
    "ecs": "ecs-tasks.amazonaws.com", "elasticmapreduce": "elasticmapreduce.amazonaws.com",
    "emr-serverless": "emr-serverless.amazonaws.com", "rds-data": "", "emr-containers": "", "sts": "", "iam": "",
}  # fmt: skip
"""The service that a role in an action's parameters is passed to, where it is not ``SERVICE.amazonaws.com``; "" for nobody."""

_ROLE: Final = re.compile(r".*Role(Arn|ARN)?$|JobFlowRole$")
_ROLE_ARN: Final = re.compile(r"arn:[\w-]+:iam::")
_NO_ROLES: Final = re.compile(r":(Get|List|Describe|Batch)|dynamodb:|s3:|sqs:|sns:|lambda:Invoke|events:PutEvents")

LOGGING: Final = tuple(
    f"logs:{action}"
    for action in (
        "CreateLogDelivery", "CreateLogStream", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery",
        "ListLogDeliveries", "PutLogEvents", "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups",
    )
)  # fmt: skip
TRACING: Final = tuple(
    f"xray:{action}" for action in ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")
)


# -- tasks -----------------------------------------------------------------------------------------------------------


def task_permissions(call: Call) -> Iterator[Permission]:
    """Yield what the role needs for one Task."""
    resource = call.resource
    if resource.kind == "activity":
        return
    if resource.kind == "lambda":
        yield Permission("lambda:InvokeFunction", _function(resource.text, call.place))
    elif resource.type == "http":
        yield from _http(call)
    elif resource.type == "apigateway":
        yield _rest_api(call)
    elif resource.type == "eks" and resource.operation in ("call", "runJob"):
        return  # authorized by the cluster's own RBAC
    else:
        yield from _service(call)


def _service(call: Call) -> Iterator[Permission]:
    actions = iam_actions(call.resource)
    sync = SYNCS.get(actions[0]) if call.resource.pattern.startswith("sync") else None
    if actions[0] == "s3:CopyObject":
        source = call.get("CopySource").lstrip("/")
        yield Permission("s3:GetObject", call.place.arn("s3", source, region="", account=""))
        actions = ("s3:PutObject",)
    if actions[0].startswith("dynamodb:Transact"):
        yield from _transaction(call)
        return
    for action in actions:
        for arn in arns(action, call):
            yield Permission(action, arn)
    if actions[0] == "s3:PutObject":
        for name, more in (("Tagging", "s3:PutObjectTagging"), ("ACL", "s3:PutObjectAcl")):
            if name in call.parameters:
                yield Permission(more, arns("s3:PutObject", call)[0])
    if "SecretArn" in call.parameters and actions[0].startswith("rds-data:"):
        yield Permission("secretsmanager:GetSecretValue", call.get("SecretArn"))
    if sync is not None:
        yield from _sync(actions[0], sync, call)
    yield from _passed_roles(actions[0], call)


def iam_actions(resource: Resource) -> tuple[str, ...]:
    """Return the IAM actions that authorize a service integration."""
    name = resource.operation[:1].upper() + resource.operation[1:]
    if resource.type == "elasticmapreduce":
        return tuple(f"elasticmapreduce:{one}" for one in _EMR.get(resource.operation, name).split())
    prefix = _prefix(resource)
    model = api_model.request_operation(resource)
    action = f"{prefix}:{model.name if model is not None else name}"
    return _ACTIONS.get(action, (action,))


def _prefix(resource: Resource) -> str:
    service = resource.type.removeprefix("aws-sdk:")
    if service in ("sfn", "states"):
        return "states"
    if service in ("eventbridge", "events"):
        return "events"
    name = api_model.service_names().get(service, service)
    try:
        signed = str(api_model.service(name).signing_name)
    except LookupError:
        return service
    return _PREFIXES.get(name, _PREFIXES.get(signed, signed))


def arns(action: str, call: Call) -> list[str]:
    """Return what an action is authorized on, with `ANY` for what is not known."""
    service = action.partition(":")[0]
    place = call.place
    match service:
        case "s3":
            return [_s3(action, call)]
        case "lambda" if not _NOT_ON_ONE.match(action):
            name, qualifier = call.get("FunctionName"), call.get("Qualifier", "")
            return [_function(name, place) + (f":{qualifier}" if qualifier else "")]
        case "sqs":
            return [_queue(call)]
        case "events" if action == "events:PutEvents":
            return _buses(call)
        case "dynamodb" if action.startswith("dynamodb:Batch") and "Statement" not in action:
            return [place.arn("dynamodb", f"table/{name}") for name in _keys(call, "RequestItems")]
        case "dynamodb" if "PartiQL" in action:
            return [place.arn("dynamodb", "table/*")]
        case "ecs" if action == "ecs:RunTask":
            name = call.get("TaskDefinition")
            arn = name if name.startswith("arn:") else place.arn("ecs", f"task-definition/{name}")
            return [arn if re.search(r":\d+$|\*$", arn) else f"{arn}:*"]
        case "batch" if action == "batch:SubmitJob":
            parts = [("JobDefinition", "job-definition"), ("JobQueue", "job-queue")]
            found = [_named(call.get(name), "batch", f"{kind}/{{}}", place) for name, kind in parts]
            return [arn if ":job-queue/" in arn or re.search(r":\d+$|\*$", arn) else f"{arn}:*" for arn in found]
        case "bedrock" if "Invoke" in action:
            model = call.get("ModelId")
            named = place.arn("bedrock", f"foundation-model/{model}", account="")
            return [model if model.startswith("arn:") else named]
        case "sns" if "PhoneNumber" in call.parameters:
            return [ANY]
        case "secretsmanager" if not _NOT_ON_ONE.match(action):
            name = call.get("SecretId")
            return [name if name.startswith("arn:") else place.arn("secretsmanager", f"secret:{name}-??????")]
        case "ssm" if action == "ssm:GetParameters":
            given = call.parameters.get("Names")
            names = [str(one) for one in given] if isinstance(given, list) else [ANY]
            return [place.arn("ssm", f"parameter/{one.lstrip('/')}") for one in names]
        case "ssm" if action == "ssm:GetParametersByPath":
            return [place.arn("ssm", f"parameter/{call.get('Path').strip('/')}/*".replace("//", "/"))]
        case "emr-serverless" if action.endswith(":CreateApplication"):
            return [place.arn(service, "/*")]
        case "emr-containers" if action.endswith(":CreateVirtualCluster"):
            return [ANY]
    template = _ARNS.get(action) or ("" if _NOT_ON_ONE.match(action) else _ARNS.get(service, ""))
    if not template:
        return [_own_arn(service, call)]
    return [_filled(template, service, call)]


def _filled(template: str, service: str, call: Call) -> str:
    first = re.search(r"\{([^}]*)\}", template)
    whole = _parameter(first[1], call) if first else ""
    if whole.startswith("arn:"):
        return whole + ("/index/*" if "IndexName" in call.parameters and service == "dynamodb" else "")
    rest = re.sub(r"\{([^}]*)\}", lambda match: _parameter(match[1], call).lstrip("/"), template)
    if service == "dynamodb" and "IndexName" in call.parameters:
        rest += f"/index/{call.get('IndexName')}"
    return rest if rest == ANY else call.place.arn(service, rest)


def _parameter(names: str, call: Call) -> str:
    names, _, default = names.partition("=")
    for name in names.split("|"):
        if (value := call.get(name, "")) not in ("", ANY):
            return value
    dynamic = ANY in call.parameters or any(name in call.parameters for name in names.split("|"))
    return ANY if dynamic or not default else default


def _own_arn(service: str, call: Call) -> str:
    """Return an ARN of the service among the parameters; ``*`` where there is none."""
    mark = re.compile(rf"arn:[\w-]+:{re.escape(service)}:")
    return next((v for v in call.parameters.values() if isinstance(v, str) and mark.match(v)), ANY)


def _named(name: str, service: str, rest: str, place: Place) -> str:
    return name if name.startswith("arn:") else place.arn(service, rest.format(name))


def _function(text: str, place: Place) -> str:
    if text.startswith("arn:") and ":function:" in text:
        return text
    parts = text.split(":")
    if len(parts) >= 3 and "function" in parts:
        return place.arn("lambda", ":".join(parts[parts.index("function") :]))
    return place.arn("lambda", f"function:{text}")


def _s3(action: str, call: Call) -> str:
    bucket = call.get("Bucket", "").removeprefix("arn:aws:s3:::")
    if action == "s3:ListAllMyBuckets":
        return ANY
    key = action.endswith(("Object", "ObjectAcl", "ObjectTagging", "UploadParts", "MultipartUpload", "Attributes"))
    rest = f"{bucket or ANY}/{call.get('Key')}" if key else bucket or ANY
    return call.place.arn("s3", rest, region="", account="")


def _queue(call: Call) -> str:
    url = call.get("QueueUrl", "")
    if match := re.match(r"https?://(?:sqs\.([\w-]+)\.|[^/]*/)?[^/]*/(\d{12}|\*)/([^/?]+)$", url):
        region, account, name = match[1] or call.place.region, match[2], match[3]
        return f"arn:{call.place.partition}:sqs:{region}:{account}:{name}"
    name = call.get("QueueName", url.rpartition("/")[2] or ANY)
    return call.place.arn("sqs", name)


def _buses(call: Call) -> list[str]:
    entries = call.parameters.get("Entries", call.parameters.get("entries"))
    if not isinstance(entries, list):
        return [call.place.arn("events", "event-bus/*")]
    names = [(one.get("EventBusName", "default") if isinstance(one, dict) else ANY) for one in entries]
    return [_named(str(name), "events", "event-bus/{}", call.place) for name in dict.fromkeys(names)]


def _keys(call: Call, name: str) -> list[str]:
    value = call.parameters.get(name)
    return list(value) if isinstance(value, dict) and value else [ANY]


_TRANSACT: Final = {
    "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem", "Get": "GetItem",
}  # fmt: skip


def _transaction(call: Call) -> Iterator[Permission]:
    items = call.parameters.get("TransactItems")
    verbs = ("Get",) if "Get" in call.resource.operation else ("Put", "Update", "Delete", "ConditionCheck")
    if not isinstance(items, list):
        items = [{verb: {}} for verb in verbs]
    for item in items:
        for verb, what in item.items() if isinstance(item, dict) else [(one, ANY) for one in verbs]:
            name = what.get("TableName", ANY) if isinstance(what, dict) else ANY
            if verb in _TRANSACT:
                yield Permission(f"dynamodb:{_TRANSACT[verb]}", _named(str(name), "dynamodb", "table/{}", call.place))


def _sync(action: str, sync: Sync, call: Call) -> Iterator[Permission]:
    service = action.partition(":")[0]
    for more in sync.same.split():
        for arn in arns(action, call) if not _NOT_ON_ONE.match(action) else [_cluster(service, call)]:
            yield Permission(more, arn)
    for more in sync.others.split():
        yield Permission(more, _filled(sync.rest, service, call) if sync.rest else ANY)
    if action == "states:StartExecution":
        [machine] = arns(action, call)
        execution = re.sub(r":stateMachine:([^:]+).*$", r":execution:\1:*", machine)
        yield Permission("states:DescribeExecution", execution)
        yield Permission("states:StopExecution", execution)
    if action == "athena:StartQueryExecution":
        yield from _athena_results(call)
    if sync.rule:
        rule = call.place.arn("events", f"rule/{sync.rule}")
        for more in ("PutTargets", "PutRule", "DescribeRule"):
            yield Permission(f"events:{more}", rule)


def _cluster(service: str, call: Call) -> str:
    return call.place.arn(service, "cluster/*") if service in ("elasticmapreduce", "eks") else ANY


def _athena_results(call: Call) -> Iterator[Permission]:
    """Where a query writes to is S3's; which tables it reads, in Glue's catalog, only the query says."""
    result = call.parameters.get("ResultConfiguration")
    place = str(result.get("OutputLocation", "")) if isinstance(result, dict) else ""
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    whole = call.place.arn("s3", bucket or ANY, region="", account="")
    objects = f"{whole}/{prefix}*" if bucket not in ("", ANY) else whole
    for action in ("s3:GetBucketLocation", "s3:ListBucket", "s3:ListBucketMultipartUploads"):
        yield Permission(action, whole)
    for action in ("s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"):
        yield Permission(action, objects)
    for kind in ("catalog", "database/*", "table/*"):
        for action in ("glue:GetDatabase", "glue:GetTable", "glue:GetPartitions"):
            yield Permission(action, call.place.arn("glue", kind))


def _passed_roles(action: str, call: Call) -> Iterator[Permission]:
    service = action.partition(":")[0]
    to = _PASSED_TO.get(service, f"{service}.amazonaws.com")
    if not to or _NO_ROLES.search(action):
        return
    condition = (("StringEquals", "iam:PassedToService", to),)
    roles = list(dict.fromkeys(_roles(call.parameters)))
    if not roles and action == "ecs:RunTask":
        roles = [ANY]  # the task definition's, which the machine does not name
    for role in roles:
        arn = role if role.startswith("arn:") else f"arn:{call.place.partition}:iam::{call.place.account}:role/{role}"
        yield Permission("iam:PassRole", arn, condition)


def _roles(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, str) and _ROLE.match(key) and (one == ANY or "/" not in one or _ROLE_ARN.match(one)):
                yield one
            else:
                yield from _roles(one)
    elif isinstance(value, list):
        for one in value:
            yield from _roles(one)


def _http(call: Call) -> Iterator[Permission]:
    place = call.place
    endpoint, method = call.get("ApiEndpoint"), call.get("Method")
    condition = tuple(
        ("StringEquals" if ANY not in value else "StringLike", key, value)
        for key, value in (("states:HTTPEndpoint", endpoint), ("states:HTTPMethod", method))
        if value != ANY
    )
    yield Permission("states:InvokeHTTPEndpoint", place.arn("states", f"stateMachine:{place.machine}"), condition)
    authentication = call.parameters.get("Authentication")
    connection = authentication.get("ConnectionArn") if isinstance(authentication, dict) else None
    known = isinstance(connection, str) and connection.startswith("arn:")
    arn = str(connection) if known else place.arn("events", "connection/*")
    yield Permission("events:RetrieveConnectionCredentials", arn)
    secret = place.arn("secretsmanager", "secret:events!connection/*")
    yield Permission("secretsmanager:GetSecretValue", secret)
    yield Permission("secretsmanager:DescribeSecret", secret)


def _rest_api(call: Call) -> Permission:
    api = call.get("ApiEndpoint").removeprefix("https://").partition(".")[0]
    path = call.get("Path", "").strip("/")
    rest = "/".join((api, call.get("Stage", ANY), call.get("Method"), path or ANY))
    return Permission("execute-api:Invoke", call.place.arn("execute-api", rest))


# -- distributed Map -------------------------------------------------------------------------------------------------


def map_permissions(
    place: Place, reader: Mapping[str, Json] | None, writer: Mapping[str, Json] | None, resource: str = ""
) -> Iterator[Permission]:
    """Yield what a distributed Map needs: to start and redrive its children, to read its items, to write results.

    reader, writer: the parameters of ItemReader and ResultWriter, None where there is none. resource: the reader's.
    """
    yield Permission("states:StartExecution", place.arn("states", f"stateMachine:{place.machine}"))
    children = place.arn("states", f"execution:{place.machine}/*")
    for executions in (place.arn("states", f"execution:{place.machine}:*"), children):
        yield Permission("states:DescribeExecution", executions)
        yield Permission("states:StopExecution", executions)
    yield Permission("states:RedriveExecution", children)
    if reader is not None:
        call = Call(parse_resource(resource), reader, place)
        if resource.endswith("listObjectsV2"):
            prefix = call.get("Prefix", "")
            condition = (("StringLike", "s3:prefix", f"{prefix}*"),) if prefix not in ("", ANY) else ()
            yield Permission("s3:ListBucket", _s3("s3:ListBucket", call), condition)
        else:
            yield Permission("s3:GetObject", _s3("s3:GetObject", call))
    if writer is not None:
        call = Call(parse_resource("arn:aws:states:::s3:putObject"), writer, place)
        prefix = call.get("Prefix", "").strip("/")
        where = f"{call.get('Bucket')}/{f'{prefix}/*' if prefix and prefix != ANY else ANY}"
        arn = place.arn("s3", where, region="", account="")
        for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload"):
            yield Permission(f"s3:{action}", arn)


def every(actions: Iterable[str]) -> Iterator[Permission]:
    """Yield actions that are authorized on ``*`` only."""
    for action in actions:
        yield Permission(action, ANY)


def known_value(value: Any, query_language: str) -> Json:
    """Return a field's value with `ANY` for each part of it that only a run knows."""
    if isinstance(value, dict):
        found: dict[str, Json] = {}
        for key, one in value.items():
            if key.endswith(".$") and query_language == "JSONPath":
                found[key[:-2]] = _formatted(one)
            else:
                found[key] = known_value(one, query_language)
        return found
    if isinstance(value, list):
        return [known_value(one, query_language) for one in value]
    if isinstance(value, str):
        if query_language == "JSONata" and value.startswith("{%"):
            return _concatenated(value[2:].removesuffix("%}").strip())
        return re.sub(r"\$\{[^}]*\}", ANY, value)
    return value


def _formatted(text: Any) -> str:
    match = re.match(r"States\.Format\('((?:[^'\\]|\\.)*)'\s*,", str(text))
    return _fewer(re.sub(r"\\(.)", r"\1", match[1].replace("{}", ANY))) if match else ANY


def _concatenated(text: str) -> str:
    parts = re.split(r"\s*&\s*", text)
    known = [part[1:-1] if re.fullmatch(r"'[^']*'|\"[^\"]*\"", part) else ANY for part in parts]
    return _fewer("".join(known)) if text.count("'") % 2 == 0 else ANY


def _fewer(text: str) -> str:
    return re.sub(r"\*+", ANY, text)
