"""The shape of the States Language as tables: fields, their types and ranges, comparison operators, integrations.

Sources: the States Language specification (states-language.net), AWS's developer guide, recorded refusals.
Holds data only; `rules` says what follows from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "string",
    "boolean",
    "integer",
    "number",
    "array",
    "object",
    "any",
    "template",
    "payload",
    "path",
    "reference",
    "result-path",
]
"""What a field may hold. template: an object (JSONPath), any value (JSONata). payload: a template or any other value
(amazon-states-language-service#83). path: a JSONPath. reference: a path to
exactly one value. result-path: a reference path into the input, never the Context object."""

JSONPATH: Final = "JSONPath"
JSONATA: Final = "JSONata"


@dataclass(frozen=True, slots=True)
class Field:
    """One field. only: the one query language that has it. jsonata: a ``{% %}`` string may stand for the value.

    intrinsic: an intrinsic function may stand for the path. context: the path may lead into the Context object. single:
    AWS refuses what is no path as it refuses a Reference Path.
    """

    kind: Kind
    only: str | None = None
    jsonata: bool = False
    minimum: int | float | None = None
    maximum: int | float | None = None
    null: bool = False
    intrinsic: bool = False
    context: bool = True
    single: bool = False


MAX_SECONDS: Final = 99_999_999
"""The largest TimeoutSeconds, HeartbeatSeconds, Seconds and IntervalSeconds (AWS: 99999999)."""

MAX_NAME: Final = 80
MAX_LABEL: Final = 40
MAX_DELAY_SECONDS: Final = 31_622_400

STRING: Final = Field("string")
PATH: Final = Field("path", JSONPATH)
REFERENCE: Final = Field("reference", JSONPATH)
NUMBER_PATH: Final = Field("reference", JSONPATH, context=False)
"""A Map's number by path; AWS takes no ``$$`` here (measured: floci#3733)."""
VARIABLE: Final = Field("path", JSONPATH, single=True)
TEXT_PATH: Final = Field("path", JSONPATH, intrinsic=True)
TEMPLATE: Final = Field("template", jsonata=True)
TIMEOUT: Final = Field("integer", jsonata=True, minimum=1, maximum=MAX_SECONDS)

_COMMON: Final = {"Type": STRING, "Comment": STRING, "QueryLanguage": STRING}
_IN_OUT: Final = {
    "InputPath": Field("path", JSONPATH, null=True),
    "OutputPath": Field("path", JSONPATH, null=True),
    "Output": Field("any", JSONATA, jsonata=True),
}
_ASSIGN: Final = {"Assign": Field("template")}
_FLOW: Final = {"Next": STRING, "End": Field("boolean")}
_RESULT_PATH: Final = {"ResultPath": Field("result-path", JSONPATH, null=True, context=False)}
_PARAMETERS: Final = {"Parameters": Field("payload", JSONPATH)}
_WORK: Final = {
    **_IN_OUT,
    **_ASSIGN,
    **_FLOW,
    **_RESULT_PATH,
    **_PARAMETERS,
    "ResultSelector": Field("template", JSONPATH),
    "Retry": Field("array"),
    "Catch": Field("array"),
}

STATE_FIELDS: Final[dict[str, dict[str, Field]]] = {
    "Task": {
        **_COMMON,
        **_WORK,
        "Resource": STRING,
        "Arguments": Field("any", JSONATA, jsonata=True),
        "Credentials": Field("object", jsonata=True),
        "TimeoutSeconds": TIMEOUT,
        "TimeoutSecondsPath": REFERENCE,
        "HeartbeatSeconds": TIMEOUT,
        "HeartbeatSecondsPath": REFERENCE,
    },
    "Wait": {
        **_COMMON,
        **_IN_OUT,
        **_ASSIGN,
        **_FLOW,
        "Seconds": Field("integer", jsonata=True, minimum=0, maximum=MAX_SECONDS),
        "Timestamp": STRING,
        "SecondsPath": REFERENCE,
        "TimestampPath": REFERENCE,
    },
    "Pass": {
        **_COMMON,
        **_IN_OUT,
        **_ASSIGN,
        **_FLOW,
        **_RESULT_PATH,
        **_PARAMETERS,
        "Result": Field("any", JSONPATH),
    },
    "Succeed": {**_COMMON, **_IN_OUT},
    "Fail": {**_COMMON, "Error": STRING, "Cause": STRING, "ErrorPath": TEXT_PATH, "CausePath": TEXT_PATH},
    "Choice": {**_COMMON, **_IN_OUT, **_ASSIGN, "Choices": Field("array"), "Default": STRING},
    "Parallel": {
        **_COMMON,
        **_WORK,
        "Branches": Field("array"),
        "Arguments": Field("any", JSONATA, jsonata=True),
    },
    "Map": {
        **_COMMON,
        **_WORK,
        "ItemProcessor": Field("object"),
        "Iterator": Field("object"),
        "Items": Field("any", JSONATA, jsonata=True),
        "ItemsPath": PATH,
        "ItemSelector": Field("payload", jsonata=True),
        "ItemReader": Field("object"),
        "ItemBatcher": Field("object"),
        "ResultWriter": Field("object"),
        "Label": STRING,
        "MaxConcurrency": Field("integer", jsonata=True, minimum=0),
        "MaxConcurrencyPath": NUMBER_PATH,
        "ToleratedFailureCount": Field("integer", jsonata=True, minimum=0),
        "ToleratedFailureCountPath": NUMBER_PATH,
        "ToleratedFailurePercentage": Field("number", jsonata=True, minimum=0.0, maximum=100.0),
        "ToleratedFailurePercentagePath": NUMBER_PATH,
    },
}
"""The fields of each state type, in the order in which AWS names the types."""

STATE_TYPES: Final = ("Task", "Wait", "Pass", "Succeed", "Fail", "Choice", "Parallel", "Map")

REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "Task": ("Resource",),
    "Choice": ("Choices",),
    "Parallel": ("Branches",),
}

EITHER: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "Wait": (("Seconds", "Timestamp", "SecondsPath", "TimestampPath"),),
    "Map": (("ItemProcessor", "Iterator"),),
}
"""Groups of fields of which a state of this type has exactly one."""

EXCLUSIVE: Final[dict[str, tuple[tuple[str, ...], ...]]] = {
    "Task": (("TimeoutSeconds", "TimeoutSecondsPath"), ("HeartbeatSeconds", "HeartbeatSecondsPath")),
    "Fail": (("Error", "ErrorPath"), ("Cause", "CausePath")),
    "Map": (
        ("MaxConcurrency", "MaxConcurrencyPath"),
        ("ToleratedFailureCount", "ToleratedFailureCountPath"),
        ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
        ("ItemSelector", "Parameters"),
    ),
}
"""Groups of fields of which a state of this type has at most one."""

TERMINAL: Final = frozenset({"Succeed", "Fail"})
NO_NEXT: Final = frozenset({"Succeed", "Fail", "Choice"})

TOP_FIELDS: Final[dict[str, Field]] = {
    "Comment": STRING,
    "QueryLanguage": STRING,
    "StartAt": STRING,
    "States": Field("object"),
    "TimeoutSeconds": Field("integer", minimum=1, maximum=MAX_SECONDS),
    "Version": STRING,
}
BRANCH_FIELDS: Final[dict[str, Field]] = {"Comment": STRING, "StartAt": STRING, "States": Field("object")}
PROCESSOR_FIELDS: Final[dict[str, Field]] = {**BRANCH_FIELDS, "ProcessorConfig": Field("object")}

CONFIG_FIELDS: Final[dict[str, Field]] = {"Mode": STRING, "ExecutionType": STRING}
ENUMS: Final[dict[str, tuple[str, ...]]] = {
    "Mode": ("INLINE", "DISTRIBUTED"),
    "ExecutionType": ("STANDARD", "EXPRESS"),
    "JitterStrategy": ("FULL", "NONE"),
    "QueryLanguage": (JSONPATH, JSONATA),
    "InputType": ("CSV", "JSON", "JSONL", "MANIFEST", "PARQUET"),
    "CSVHeaderLocation": ("FIRST_ROW", "GIVEN"),
}

RETRIER_FIELDS: Final[dict[str, Field]] = {
    "Comment": STRING,
    "ErrorEquals": Field("array"),
    "IntervalSeconds": Field("integer", minimum=1, maximum=MAX_SECONDS),
    "MaxAttempts": Field("integer", minimum=0, maximum=99_999_999),
    "BackoffRate": Field("number", minimum=1.0),
    "MaxDelaySeconds": Field("integer", minimum=1, maximum=MAX_DELAY_SECONDS),
    "JitterStrategy": STRING,
}
CATCHER_FIELDS: Final[dict[str, Field]] = {
    "Comment": STRING,
    "ErrorEquals": Field("array"),
    "Next": STRING,
    **_RESULT_PATH,
    **_ASSIGN,
    "Output": Field("any", JSONATA, jsonata=True),
}
CREDENTIALS_FIELDS: Final = ("RoleArn", "RoleArn.$")

READER_FIELDS: Final[dict[str, Field]] = {
    "Resource": STRING,
    "Parameters": Field("payload", JSONPATH),
    "Arguments": Field("any", JSONATA, jsonata=True),
    "ReaderConfig": Field("object"),
}
READER_CONFIG_FIELDS: Final[dict[str, Field]] = {
    "InputType": STRING,
    "Transformation": STRING,
    "ManifestType": STRING,
    "CSVDelimiter": STRING,
    "CSVHeaderLocation": STRING,
    "CSVHeaders": Field("array"),
    "ItemsPointer": STRING,
    "MaxItems": Field("integer", jsonata=True, minimum=0, maximum=100_000_000),
    "MaxItemsPath": NUMBER_PATH,
}
READER_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "Transformation": ("NONE", "LOAD_AND_FLATTEN"),
    "ManifestType": ("S3_INVENTORY", "ATHENA_DATA"),
    "CSVDelimiter": ("COMMA", "PIPE", "SEMICOLON", "SPACE", "TAB"),
}
READER_FIELDS_BY_INPUT: Final[dict[str, tuple[str, ...]]] = {
    **dict.fromkeys(("CSVDelimiter", "CSVHeaderLocation", "CSVHeaders"), ("CSV",)),
    "ItemsPointer": ("JSON",),
    "ManifestType": ("MANIFEST", "CSV", "JSONL", "PARQUET"),
}
"""The fields of a ReaderConfig that only some InputTypes have (guide, "ItemReader (Map)")."""

WRITER_CONFIG_FIELDS: Final[dict[str, Field]] = {"Transformation": STRING, "OutputType": STRING}
WRITER_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "Transformation": ("NONE", "COMPACT", "FLATTEN"),
    "OutputType": ("JSON", "JSONL"),
}

BATCHER_FIELDS: Final[dict[str, Field]] = {
    "BatchInput": TEMPLATE,
    "MaxItemsPerBatch": Field("integer", jsonata=True, minimum=0),
    "MaxItemsPerBatchPath": NUMBER_PATH,
    "MaxInputBytesPerBatch": Field("integer", jsonata=True, minimum=0, maximum=262_144),
    "MaxInputBytesPerBatchPath": NUMBER_PATH,
}
WRITER_FIELDS: Final[dict[str, Field]] = {
    "Resource": STRING,
    "Parameters": Field("payload", JSONPATH),
    "Arguments": Field("any", JSONATA, jsonata=True),
    "WriterConfig": Field("object"),
}

_COMPARABLE: Final[dict[str, Kind]] = {
    "String": "string",
    "Numeric": "number",
    "Boolean": "boolean",
    "Timestamp": "string",
}
_COMPARISONS: Final = ("Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals")

OPERATORS: Final[dict[str, Field]] = {
    **{
        f"{subject}{comparison}{suffix}": Field("path") if suffix else Field(kind)
        for subject, kind in _COMPARABLE.items()
        for comparison in (_COMPARISONS if subject != "Boolean" else ("Equals",))
        for suffix in ("", "Path")
    },
    "StringMatches": STRING,
    **{f"Is{what}": Field("boolean") for what in ("Null", "Present", "Numeric", "String", "Boolean", "Timestamp")},
}
"""The comparison operators of a JSONPath choice rule and what each compares with."""

LOGICAL: Final = ("And", "Or", "Not")
RULE_FIELDS: Final = frozenset({"Variable", "Next", "Comment", "Assign", *LOGICAL, *OPERATORS})
RULE_FIELDS_JSONATA: Final = frozenset({"Condition", "Next", "Comment", "Assign", "Output"})

INTEGRATIONS: Final[dict[str, frozenset[str]]] = {
    "apigateway": frozenset({"invoke"}),
    "athena": frozenset({"startQueryExecution", "stopQueryExecution", "getQueryExecution", "getQueryResults"}),
    "batch": frozenset({"submitJob"}),
    "bedrock": frozenset({"createModelCustomizationJob", "invokeModel"}),
    "bedrockagentcore": frozenset({"invokeHarness"}),
    "codebuild": frozenset(
        {
            "startBuild",
            "stopBuild",
            "batchDeleteBuilds",
            "batchGetReports",
            "startBuildBatch",
            "stopBuildBatch",
            "retryBuildBatch",
            "deleteBuildBatch",
        }
    ),
    "databrew": frozenset({"startJobRun"}),
    "dynamodb": frozenset({"getItem", "putItem", "deleteItem", "updateItem"}),
    "ecs": frozenset({"runTask"}),
    "eks": frozenset(
        {
            "createCluster",
            "deleteCluster",
            "createFargateProfile",
            "deleteFargateProfile",
            "createNodegroup",
            "deleteNodegroup",
            "runJob",
            "call",
        }
    ),
    "elasticmapreduce": frozenset(
        {
            "createCluster",
            "setClusterTerminationProtection",
            "terminateCluster",
            "addStep",
            "cancelStep",
            "modifyInstanceFleetByName",
            "modifyInstanceGroupByName",
        }
    ),
    "emr-containers": frozenset({"createVirtualCluster", "deleteVirtualCluster", "startJobRun"}),
    "emr-serverless": frozenset(
        {"createApplication", "startApplication", "stopApplication", "deleteApplication", "startJobRun", "cancelJobRun"}
    ),
    "events": frozenset({"putEvents"}),
    "glue": frozenset({"startJobRun"}),
    "http": frozenset({"invoke"}),
    "lambda": frozenset({"invoke"}),
    "mediaconvert": frozenset({"createJob"}),
    "sagemaker": frozenset(
        {
            "createEndpoint",
            "createEndpointConfig",
            "createHyperParameterTuningJob",
            "createLabelingJob",
            "createModel",
            "createProcessingJob",
            "createTrainingJob",
            "createTransformJob",
            "updateEndpoint",
        }
    ),
    "sns": frozenset({"publish"}),
    "sqs": frozenset({"sendMessage"}),
    "states": frozenset({"startExecution"}),
}
"""The optimized integrations (developer guide, "Integrating optimized services") and their actions."""

WAITS: Final[dict[str, frozenset[str]]] = {
    **dict.fromkeys(
        (
            "athena",
            "batch",
            "codebuild",
            "databrew",
            "elasticmapreduce",
            "emr-containers",
            "emr-serverless",
            "glue",
            "mediaconvert",
            "sagemaker",
        ),
        frozenset({"sync"}),
    ),
    **dict.fromkeys(("apigateway", "events", "lambda", "sns", "sqs"), frozenset({"waitForTaskToken"})),
    **dict.fromkeys(("bedrock", "ecs", "eks"), frozenset({"sync", "waitForTaskToken"})),
    "bedrockagentcore": frozenset(),
    "dynamodb": frozenset(),
    "states": frozenset({"sync", "sync:2", "waitForTaskToken"}),
}
"""How a task of an optimized integration may wait (the same page's table); HTTP is not in it, the SDK's APIs take a
callback and no ``.sync``."""

ERROR_NAMES: Final = frozenset(
    {
        "States.ALL",
        "States.BranchFailed",
        "States.DataLimitExceeded",
        "States.ExceedToleratedFailureThreshold",
        "States.HeartbeatTimeout",
        "States.Http.Socket",
        "States.IntrinsicFailure",
        "States.ItemReaderFailed",
        "States.NoChoiceMatched",
        "States.ParameterPathFailure",
        "States.Permissions",
        "States.QueryEvaluationError",
        "States.ReferencePathConflict",
        "States.ResultPathMatchFailure",
        "States.ResultWriterFailed",
        "States.Runtime",
        "States.TaskFailed",
        "States.Timeout",
    }
)
"""The error names that AWS reserves and raises."""
