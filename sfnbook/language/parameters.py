"""What an integration's Parameters must look like for a task to start at all.

Only what AWS refuses before the task is scheduled, so that no event of it exists (recorded: apigateway,
test_invoke_with_headers[singleStringHeader]; a field that an optimized integration does not have: quoted). Everything else
is the service's to say.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from sfnbook.language.resource import Resource


class Shapes(NamedTuple):
    """What an integration's fields must be.

    lists: the fields that hold objects whose values are arrays. texts: those that hold strings, or what becomes one by
    being written as JSON: an object or an array, but no bare number or boolean. fields: the names there are, empty where
    they are not known. required: those that may not be missing. headers: the names that Headers may not have, in small letters; one that ends in ``*`` stands for
    all that begin so. bodies: the methods that take a RequestBody, empty for all.
    """

    lists: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    fields: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()
    headers: frozenset[str] = frozenset()
    bodies: frozenset[str] = frozenset()


FIELDS: Final[Mapping[tuple[str, str], str]] = {
    ("apigateway", "invoke"): (
        "ApiEndpoint AllowNullValues AuthType Headers Method Path QueryParameters RequestBody Stage"
    ),
    ("athena", "getQueryExecution"): "QueryExecutionId",
    ("athena", "getQueryResults"): "MaxResults NextToken QueryExecutionId QueryResultType",
    ("athena", "startQueryExecution"): (
        "ClientRequestToken EngineConfiguration ExecutionParameters QueryExecutionContext QueryString "
        "ResultConfiguration ResultReuseConfiguration WorkGroup"
    ),
    ("athena", "stopQueryExecution"): "QueryExecutionId",
    ("batch", "submitJob"): (
        "ArrayProperties ConsumableResourcePropertiesOverride ContainerOverrides DependsOn "
        "EcsPropertiesOverride EksPropertiesOverride JobDefinition JobName JobQueue NodeOverrides Parameters "
        "PropagateTags RetryStrategy SchedulingPriorityOverride ShareIdentifier Tags Timeout"
    ),
    ("bedrock", "createModelCustomizationJob"): (
        "BaseModelIdentifier ClientRequestToken CustomModelKmsKeyId CustomModelName CustomModelTags "
        "CustomizationConfig CustomizationType HyperParameters JobName JobTags OutputDataConfig RoleArn "
        "TrainingDataConfig ValidationDataConfig VpcConfig"
    ),
    ("bedrock", "invokeModel"): (
        "Accept Body ContentType GuardrailIdentifier GuardrailVersion Input ModelId Output "
        "PerformanceConfigLatency ProjectIdentifier RequestMetadata ServiceTier Trace"
    ),
    ("bedrockagentcore", "invokeHarness"): (
        "ActorId AllowedTools Baggage HarnessArn MaxIterations MaxTokens Messages Model Qualifier "
        "RuntimeSessionId RuntimeUserId Skills SystemPrompt TimeoutSeconds Tools TraceId TraceParent "
        "TraceState"
    ),
    ("codebuild", "batchDeleteBuilds"): "Ids",
    ("codebuild", "batchGetReports"): "ReportArns",
    ("codebuild", "deleteBuildBatch"): "Id",
    ("codebuild", "retryBuildBatch"): "Id IdempotencyToken RetryType",
    ("codebuild", "startBuild"): (
        "ArtifactsOverride AutoRetryLimitOverride BuildStatusConfigOverride BuildspecOverride CacheOverride "
        "CertificateOverride ComputeTypeOverride DebugSessionEnabled EncryptionKeyOverride "
        "EnvironmentTypeOverride EnvironmentVariablesOverride FleetOverride GitCloneDepthOverride "
        "GitSubmodulesConfigOverride HostKernelOverride IdempotencyToken ImageOverride "
        "ImagePullCredentialsTypeOverride InsecureSslOverride LogsConfigOverride PrivilegedModeOverride "
        "ProjectName QueuedTimeoutInMinutesOverride RegistryCredentialOverride ReportBuildStatusOverride "
        "SecondaryArtifactsOverride SecondarySourcesOverride SecondarySourcesVersionOverride "
        "ServiceRoleOverride SourceAuthOverride SourceLocationOverride SourceTypeOverride SourceVersion "
        "TimeoutInMinutesOverride"
    ),
    ("codebuild", "startBuildBatch"): (
        "ArtifactsOverride BuildBatchConfigOverride BuildTimeoutInMinutesOverride BuildspecOverride "
        "CacheOverride CertificateOverride ComputeTypeOverride DebugSessionEnabled EncryptionKeyOverride "
        "EnvironmentTypeOverride EnvironmentVariablesOverride GitCloneDepthOverride "
        "GitSubmodulesConfigOverride IdempotencyToken ImageOverride ImagePullCredentialsTypeOverride "
        "InsecureSslOverride LogsConfigOverride PrivilegedModeOverride ProjectName "
        "QueuedTimeoutInMinutesOverride RegistryCredentialOverride ReportBuildBatchStatusOverride "
        "SecondaryArtifactsOverride SecondarySourcesOverride SecondarySourcesVersionOverride "
        "ServiceRoleOverride SourceAuthOverride SourceLocationOverride SourceTypeOverride SourceVersion"
    ),
    ("codebuild", "stopBuild"): "Id",
    ("codebuild", "stopBuildBatch"): "Id",
    ("databrew", "startJobRun"): "Name",
    ("dynamodb", "deleteItem"): (
        "ConditionExpression ConditionalOperator Expected ExpressionAttributeNames ExpressionAttributeValues "
        "Key ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues "
        "ReturnValuesOnConditionCheckFailure TableName"
    ),
    ("dynamodb", "getItem"): (
        "AttributesToGet ConsistentRead ExpressionAttributeNames Key ProjectionExpression "
        "ReturnConsumedCapacity TableName"
    ),
    ("dynamodb", "putItem"): (
        "ConditionExpression ConditionalOperator Expected ExpressionAttributeNames ExpressionAttributeValues "
        "Item ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues "
        "ReturnValuesOnConditionCheckFailure TableName"
    ),
    ("dynamodb", "updateItem"): (
        "AttributeUpdates ConditionExpression ConditionalOperator Expected ExpressionAttributeNames "
        "ExpressionAttributeValues Key ReturnConsumedCapacity ReturnItemCollectionMetrics ReturnValues "
        "ReturnValuesOnConditionCheckFailure TableName UpdateExpression"
    ),
    ("ecs", "runTask"): (
        "CapacityProviderStrategy ClientToken Cluster Count EnableECSManagedTags EnableExecuteCommand Group "
        "LaunchType NetworkConfiguration Overrides PlacementConstraints PlacementStrategy PlatformVersion "
        "PropagateTags ReferenceId StartedBy Tags TaskDefinition VolumeConfigurations"
    ),
    ("eks", "call"): "CertificateAuthority ClusterName Endpoint Method Path QueryParameters RequestBody",
    ("eks", "createCluster"): (
        "AccessConfig BootstrapSelfManagedAddons ClientRequestToken ComputeConfig ControlPlaneScalingConfig "
        "DeletionProtection EncryptionConfig KubeApiServerConfig KubeControllerManagerConfig "
        "KubeSchedulerConfig KubernetesNetworkConfig Logging Name OutpostConfig RemoteNetworkConfig "
        "ResourcesVpcConfig RoleArn StorageConfig Tags UpgradePolicy Version ZonalShiftConfig"
    ),
    ("eks", "createFargateProfile"): (
        "ClientRequestToken ClusterName FargateProfileName PodExecutionRoleArn Selectors Subnets Tags"
    ),
    ("eks", "createNodegroup"): (
        "AmiType CapacityType ClientRequestToken ClusterName DiskSize InstanceTypes Labels LaunchTemplate "
        "NodeRepairConfig NodeRole NodegroupName ReleaseVersion RemoteAccess ScalingConfig Subnets Tags "
        "Taints UpdateConfig Version WarmPoolConfig"
    ),
    ("eks", "deleteCluster"): "Name",
    ("eks", "deleteFargateProfile"): "ClusterName FargateProfileName",
    ("eks", "deleteNodegroup"): "ClusterName NodegroupName",
    ("eks", "runJob"): "CertificateAuthority ClusterName Endpoint Job LogOptions Namespace",
    ("elasticmapreduce", "addStep"): "ClusterId ExecutionRoleArn Step",
    ("elasticmapreduce", "cancelStep"): "ClusterId StepCancellationOption StepId",
    ("elasticmapreduce", "createCluster"): (
        "AdditionalInfo AmiVersion Applications AutoScalingRole AutoTerminationPolicy BootstrapActions "
        "Configurations CustomAmiId EbsRootVolumeIops EbsRootVolumeSize EbsRootVolumeThroughput "
        "ExtendedSupport Instances JobFlowRole KerberosAttributes LogEncryptionKmsKeyId LogUri "
        "ManagedScalingPolicy MonitoringConfiguration Name NewSupportedProducts OSReleaseLabel "
        "PlacementGroupConfigs ReleaseLabel RepoUpgradeOnBoot ScaleDownBehavior SecurityConfiguration "
        "ServiceRole SessionEnabled StepConcurrencyLevel StepExecutionRoleArn SupportedProducts Tags "
        "VisibleToAllUsers"
    ),
    ("elasticmapreduce", "modifyInstanceFleetByName"): "ClusterId InstanceFleet InstanceFleetName",
    ("elasticmapreduce", "modifyInstanceGroupByName"): "ClusterId InstanceGroup InstanceGroupName",
    ("elasticmapreduce", "setClusterTerminationProtection"): "ClusterId TerminationProtected",
    ("elasticmapreduce", "terminateCluster"): "ClusterId",
    ("emr-containers", "createVirtualCluster"): (
        "ClientToken ContainerProvider Name SchedulerConfiguration SecurityConfigurationId SessionEnabled Tags"
    ),
    ("emr-containers", "deleteVirtualCluster"): "Id",
    ("emr-containers", "startJobRun"): (
        "ClientToken ConfigurationOverrides ExecutionRoleArn JobDriver JobTemplateId JobTemplateParameters "
        "Name ReleaseLabel RetryPolicyConfiguration Tags VirtualClusterId"
    ),
    ("emr-serverless", "cancelJobRun"): "ApplicationId JobRunId ShutdownGracePeriodInSeconds",
    ("emr-serverless", "createApplication"): (
        "Architecture AutoStartConfiguration AutoStopConfiguration ClientToken DiskEncryptionConfiguration "
        "IdentityCenterConfiguration ImageConfiguration InitialCapacity InteractiveConfiguration "
        "JobLevelCostAllocationConfiguration MaximumCapacity MonitoringConfiguration Name "
        "NetworkConfiguration ReleaseLabel RuntimeConfiguration SchedulerConfiguration Tags Type "
        "WorkerTypeSpecifications"
    ),
    ("emr-serverless", "deleteApplication"): "ApplicationId",
    ("emr-serverless", "startApplication"): "ApplicationId",
    ("emr-serverless", "startJobRun"): (
        "ApplicationId ClientToken ConfigurationOverrides ExecutionIamPolicy ExecutionRoleArn "
        "ExecutionTimeoutMinutes FlexExecution JobDriver Mode Name RetryPolicy Tags"
    ),
    ("emr-serverless", "stopApplication"): "ApplicationId",
    ("events", "putEvents"): "EndpointId Entries",
    ("glue", "startJobRun"): (
        "AllocatedCapacity Arguments ExecutionClass ExecutionRoleSessionPolicy JobName JobRunId "
        "JobRunQueuingEnabled MaxCapacity NotificationProperty NumberOfWorkers SecurityConfiguration Timeout "
        "WorkerType"
    ),
    ("http", "invoke"): (
        "ApiEndpoint Authentication Headers InvocationConfig Method QueryParameters RequestBody Transform"
    ),
    ("lambda", "invoke"): (
        "ClientContext DurableExecutionName FunctionName InvocationType LogType Payload Qualifier TenantId"
    ),
    ("mediaconvert", "createJob"): (
        "AccelerationSettings BillingTagsSource ClientRequestToken ElementalInferenceSettings HopDestinations "
        "JobEngineVersion JobTemplate Priority Queue Role Settings SimulateReservedQueue StatusUpdateInterval "
        "Tags UserMetadata"
    ),
    ("sagemaker", "createEndpoint"): "DeploymentConfig EndpointConfigName EndpointName Tags",
    ("sagemaker", "createEndpointConfig"): (
        "AsyncInferenceConfig CrossRegionTrafficConfig DataCaptureConfig EnableNetworkIsolation "
        "EndpointConfigName ExecutionRoleArn ExplainerConfig KmsKeyId MetricsConfig ProductionVariants "
        "ShadowProductionVariants Tags VpcConfig"
    ),
    ("sagemaker", "createHyperParameterTuningJob"): (
        "Autotune HyperParameterTuningJobConfig HyperParameterTuningJobName Tags TrainingJobDefinition "
        "TrainingJobDefinitions WarmStartConfig"
    ),
    ("sagemaker", "createLabelingJob"): (
        "HumanTaskConfig InputConfig LabelAttributeName LabelCategoryConfigS3Uri LabelingJobAlgorithmsConfig "
        "LabelingJobName OutputConfig RoleArn StoppingConditions Tags"
    ),
    ("sagemaker", "createModel"): (
        "Containers EnableNetworkIsolation ExecutionRoleArn InferenceExecutionConfig ModelName "
        "PrimaryContainer Tags VpcConfig"
    ),
    ("sagemaker", "createProcessingJob"): (
        "AppSpecification Environment ExperimentConfig NetworkConfig ProcessingInputs ProcessingJobName "
        "ProcessingOutputConfig ProcessingResources RoleArn StoppingCondition Tags"
    ),
    ("sagemaker", "createTrainingJob"): (
        "AlgorithmSpecification CheckpointConfig DebugHookConfig DebugRuleConfigurations "
        "EnableInterContainerTrafficEncryption EnableManagedSpotTraining EnableNetworkIsolation Environment "
        "ExperimentConfig HyperParameters InfraCheckConfig InputDataConfig MlflowConfig ModelPackageConfig "
        "OutputDataConfig ProfilerConfig ProfilerRuleConfigurations RemoteDebugConfig ResourceConfig "
        "RetryStrategy RoleArn ServerlessJobConfig SessionChainingConfig StoppingCondition Tags "
        "TensorBoardOutputConfig TrainingJobName VpcConfig"
    ),
    ("sagemaker", "createTransformJob"): (
        "BatchStrategy DataCaptureConfig DataProcessing Environment ExperimentConfig MaxConcurrentTransforms "
        "MaxPayloadInMB ModelClientConfig ModelName Tags TransformInput TransformJobName TransformOutput "
        "TransformResources"
    ),
    ("sagemaker", "updateEndpoint"): (
        "DeploymentConfig EndpointConfigName EndpointName ExcludeRetainedVariantProperties "
        "RetainAllVariantProperties RetainDeploymentConfig"
    ),
    ("sns", "publish"): (
        "Message MessageAttributes MessageDeduplicationId MessageGroupId MessageStructure PhoneNumber Subject "
        "TargetArn TopicArn"
    ),
    ("sqs", "sendMessage"): (
        "DelaySeconds MessageAttributes MessageBody MessageDeduplicationId MessageGroupId "
        "MessageSystemAttributes QueueUrl"
    ),
    ("states", "startExecution"): "Input Name StateMachineArn TraceHeader",
}
"""The fields of each optimized integration's request, by service and action: those of the API's model, or of the guide's
page where the action is Step Functions' own. ``tests/language/test_parameters.py`` compares them with the models."""

_API_HEADERS: Final = frozenset(
    {
        *(
            "authorization",
            "connection",
            "content-md5",
            "expect",
            "host",
            "max-forwards",
            "proxy-authenticate",
            "server",
        ),
        *("te", "trailer", "transfer-encoding", "upgrade", "via", "www-authenticate", "x-amz*", "x-forwarded*"),
    }
)
"""Headers that a request to API Gateway may not set (guide: "Create API Gateway REST APIs with Step Functions")."""

_HTTP_HEADERS: Final = frozenset(
    {
        *(
            "a-im",
            "accept-charset",
            "accept-datetime",
            "accept-encoding",
            "authorization",
            "cache-control",
            "connection",
        ),
        *(
            "content-encoding",
            "content-md5",
            "date",
            "expect",
            "forwarded",
            "from",
            "host",
            "http2-settings",
            "if-match",
        ),
        *("if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "max-forwards", "origin", "pragma"),
        *(
            "proxy-authorization",
            "referer",
            "server",
            "te",
            "trailer",
            "transfer-encoding",
            "upgrade",
            "via",
            "warning",
        ),
        *("x-forwarded-*", "x-amz-*", "x-amzn-*"),
    }
)
"""Headers that an HTTP Task may not set (guide: "Call HTTPS APIs in Step Functions workflows")."""

_MORE: Final[Mapping[tuple[str, str], Shapes]] = {
    ("apigateway", "invoke"): Shapes(
        lists=("Headers", "QueryParameters"),
        required=("ApiEndpoint", "Method"),
        headers=_API_HEADERS,
        bodies=frozenset({"PATCH", "POST", "PUT"}),
    ),
    ("http", "invoke"): Shapes(required=("ApiEndpoint", "Method"), headers=_HTTP_HEADERS),
    ("states", "startExecution"): Shapes(required=("StateMachineArn",)),
    ("lambda", "invoke"): Shapes(texts=("Payload",)),
}

LONGEST: Final[Mapping[tuple[str, str], float]] = {("bedrockagentcore", "invokeHarness"): 900.0}
"""Seconds after which a task of an integration times out, whatever its TimeoutSeconds (guide: the integration's page)."""

SHAPES: Final[Mapping[tuple[str, str], Shapes]] = {
    key: _MORE.get(key, Shapes())._replace(fields=frozenset(names.split())) for key, names in FIELDS.items()
}
"""By service and action."""


def shapes(resource: Resource) -> Shapes | None:
    """Return what an integration's fields must be, None where nothing is known."""
    return SHAPES.get((resource.type, resource.operation)) if resource.kind == "service" else None


def longest(resource: Resource) -> float | None:
    """Return the seconds that a task may take at most, None where only its own timeout counts."""
    return LONGEST.get((resource.type, resource.operation)) if resource.kind == "service" else None


def parameter_problem(expected: Shapes, parameters: Any) -> str | None:
    """Return what is wrong with Parameters in AWS's words, None when nothing is.

    >>> misfit(Shapes(fields=frozenset({"Payload"})), {"Payload": {}, "TaskToken": "t"})
    'The field "TaskToken" is not supported by Step Functions'
    >>> misfit(Shapes(lists=("Headers",)), {"Headers": {"a": "b"}})
    "The value of the field 'Headers' has an invalid format"
    >>> misfit(Shapes(texts=("Payload",)), {"Payload": 1})
    "The value for the field 'Payload' must be a STRING"
    """
    return ", ".join(_misfits(expected, parameters)) or None if isinstance(parameters, dict) else None


def _misfits(expected: Shapes, parameters: Mapping[str, Any]) -> Iterator[str]:
    if expected.fields and not parameters.keys() <= expected.fields:
        yield from (unsupported(field) for field in parameters if field not in expected.fields)
    yield from (missing(field) for field in expected.required if parameters.get(field) in (None, ""))
    for field in expected.lists:
        value = parameters.get(field)
        if value is not None and not (isinstance(value, dict) and all(isinstance(v, list) for v in value.values())):
            yield f"The value of the field '{field}' has an invalid format"
    for field in expected.texts:
        if isinstance(parameters.get(field), (int, float)):
            yield f"The value for the field '{field}' must be a STRING"
    headers = parameters.get("Headers")
    if expected.headers and isinstance(headers, dict) and (wrong := forbidden(expected.headers, headers)):
        yield f"The 'Headers' field contains unsupported values: [{', '.join(wrong)}]"
    method = parameters.get("Method")
    if expected.bodies and method not in expected.bodies and parameters.get("RequestBody") not in (None, {}):
        yield f"The field 'RequestBody' is not supported for the method {method}"


def missing(field: str) -> str:
    """Return what is said about a field that is not there (recorded: 'RoleArn')."""
    return f"The field '{field}' is required but was missing"


def unsupported(field: str) -> str:
    """Return what is said about a field that does not exist (quoted: "The field \"TaskToken\" is not supported ...")."""
    return f'The field "{field}" is not supported by Step Functions'


def forbidden(names: frozenset[str], headers: Iterable[str]) -> list[str]:
    """Return which headers may not be set, in small letters as AWS names them (quoted: ``[authorization]``)."""
    begins = tuple(name[:-1] for name in names if name.endswith("*"))
    small = [header.lower() for header in headers]
    return [header for header in small if header in names or header.startswith(begins or ("\0",))]
