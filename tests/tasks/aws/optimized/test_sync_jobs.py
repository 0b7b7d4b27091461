"""The optimized integrations that run jobs, each with its ``.sync``, on the embedded services where those carry it."""

from __future__ import annotations

from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest

from sfnbook import StateMachine, mock, returns, validate
from sfnbook.errors import TaskError
from sfnbook.run import Run
from sfnbook.tasks.aws.optimized import emr, sync_jobs
from sfnbook.tasks.aws.services.endpoints import Services

ROLE = "arn:aws:iam::123456789012:role/r"
KINDS = ("TrainingJob", "TransformJob", "ProcessingJob", "HyperParameterTuningJob", "LabelingJob")

DOCUMENTED = {
    "athena": ["StartQueryExecution"],
    "batch": ["SubmitJob"],
    "bedrock": ["CreateModelCustomizationJob"],
    "codebuild": ["StartBuild", "StartBuildBatch", "RetryBuildBatch"],
    "databrew": ["StartJobRun"],
    "ecs": ["RunTask"],
    "eks": [verb + noun for verb in ("Create", "Delete") for noun in ("Cluster", "Nodegroup", "FargateProfile")],
    "emr": [emr.OPERATIONS[action] for action in ("createCluster", "terminateCluster", "addStep")],
    "emr-containers": ["StartJobRun", "DeleteVirtualCluster"],
    "emr-serverless": [
        "CreateApplication", "StartApplication", "StopApplication", "DeleteApplication", "StartJobRun", "CancelJobRun"
    ],
    "glue": ["StartJobRun"],
    "mediaconvert": ["CreateJob"],
    "sagemaker": [f"Create{kind}" for kind in KINDS],
}  # fmt: skip
"""What the developer guide's pages list with ``.sync``; eks:runJob speaks to Kubernetes, states is answered here."""


def test_every_documented_job_has_a_poll() -> None:
    found = {(service, operation) for service, operations in DOCUMENTED.items() for operation in operations}
    assert found == set(sync_jobs.POLLS)


def run(resource: str, **parameters: Any) -> Run:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "Parameters": parameters, "End": True}
    return StateMachine({"StartAt": "T", "States": {"T": task}}, name="m").run()


def batch(aws: Services) -> Run:
    aws.client("iam").create_role(RoleName="r", AssumeRolePolicyDocument="{}")
    client = aws.client("batch")
    made = client.create_compute_environment(computeEnvironmentName="env", type="UNMANAGED", serviceRole=ROLE)
    order = [{"order": 1, "computeEnvironment": made["computeEnvironmentArn"]}]
    client.create_job_queue(jobQueueName="queue", state="ENABLED", priority=1, computeEnvironmentOrder=order)
    container = {"image": "busybox", "vcpus": 1, "memory": 128, "command": ["true"]}
    client.register_job_definition(jobDefinitionName="job", type="container", containerProperties=container)
    return run("batch:submitJob.sync", JobName="j", JobQueue="queue", JobDefinition="job")


def ecs(aws: Services) -> Run:
    subnet = aws.client("ec2").describe_subnets()["Subnets"][0]["SubnetId"]
    aws.client("ecs").create_cluster(clusterName="cluster")
    containers = [{"name": "x", "image": "busybox", "memory": 128}]
    aws.client("ecs").register_task_definition(
        family="task", containerDefinitions=containers, networkMode="awsvpc", cpu="256", memory="512"
    )
    network = {"AwsvpcConfiguration": {"Subnets": [subnet]}}
    given = {"Cluster": "cluster", "TaskDefinition": "task", "LaunchType": "FARGATE", "NetworkConfiguration": network}
    return run("ecs:runTask.sync", **given)


def glue(aws: Services) -> Run:
    aws.client("glue").create_job(Name="job", Role=ROLE, Command={"Name": "glueetl", "ScriptLocation": "s3://b/s"})
    return run("glue:startJobRun.sync", JobName="job")


def codebuild(aws: Services) -> Run:
    aws.client("codebuild").create_project(
        name="build", source={"type": "S3", "location": "b/k"}, artifacts={"type": "NO_ARTIFACTS"},
        environment={"type": "LINUX_CONTAINER", "image": "i", "computeType": "BUILD_GENERAL1_SMALL"}, serviceRole=ROLE,
    )  # fmt: skip
    return run("codebuild:startBuild.sync", ProjectName="build")


def training(aws: Services) -> Run:
    return run(
        "sagemaker:createTrainingJob.sync", TrainingJobName="job", RoleArn=ROLE,
        AlgorithmSpecification={"TrainingImage": "i", "TrainingInputMode": "File"},
        OutputDataConfig={"S3OutputPath": "s3://b/"}, StoppingCondition={"MaxRuntimeInSeconds": 60},
        ResourceConfig={"InstanceType": "ml.m5.large", "InstanceCount": 1, "VolumeSizeInGB": 1},
    )  # fmt: skip


def cluster(aws: Services) -> str:
    groups = [{"Name": "main", "InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}]
    instances = {"InstanceGroups": groups, "KeepJobFlowAliveWhenNoSteps": True}
    made = aws.client("emr").run_job_flow(Name="c", Instances=instances, ServiceRole="r", JobFlowRole="r")
    return str(made["JobFlowId"])


def step(aws: Services) -> Run:
    return run("elasticmapreduce:addStep.sync", ClusterId=cluster(aws),
               Step={"Name": "s", "HadoopJarStep": {"Jar": "x.jar"}})  # fmt: skip


def terminated(aws: Services) -> Run:
    return run("elasticmapreduce:terminateCluster.sync", ClusterId=cluster(aws))


def on_eks(aws: Services) -> Run:
    provider = {"id": "e", "type": "EKS", "info": {"eksInfo": {"namespace": "n"}}}
    made = aws.client("emr-containers").create_virtual_cluster(name="v", containerProvider=provider)
    driver = {"SparkSubmitJobDriver": {"EntryPoint": "s3://b/x.py"}}
    given = {"Name": "j", "VirtualClusterId": made["id"], "ExecutionRoleArn": ROLE, "JobDriver": driver}
    return run("emr-containers:startJobRun.sync", **given, ReleaseLabel="emr-6.2.0-latest")


def serverless(aws: Services) -> Run:
    made = aws.client("emr-serverless").create_application(name="a", releaseLabel="emr-6.6.0", type="SPARK")
    driver = {"SparkSubmit": {"EntryPoint": "s3://b/x"}}
    given = {"ApplicationId": made["applicationId"], "ExecutionRoleArn": ROLE, "JobDriver": driver}
    return run("emr-serverless:startJobRun.sync", **given)


def customized(aws: Services) -> Run:
    return run(
        "bedrock:createModelCustomizationJob.sync", JobName="job", CustomModelName="model", RoleArn=ROLE,
        BaseModelIdentifier="amazon.titan", TrainingDataConfig={"S3Uri": "s3://b/t"},
        OutputDataConfig={"S3Uri": "s3://b/o"}, HyperParameters={"a": "1"},
    )  # fmt: skip


def kubernetes(aws: Services) -> Run:
    subnets = [s["SubnetId"] for s in aws.client("ec2").describe_subnets()["Subnets"][:2]]
    return run("eks:createCluster.sync", Name="k", RoleArn=ROLE, ResourcesVpcConfig={"SubnetIds": subnets})


@pytest.mark.parametrize(
    ("start", "path", "state"),
    [
        (batch, "Status", "SUCCEEDED"),
        (ecs, "LastStatus", "STOPPED"),
        (glue, "JobRunState", "SUCCEEDED"),
        (codebuild, "Build.BuildStatus", "SUCCEEDED"),
        (training, "TrainingJobStatus", "Completed"),
        (step, "Step.Status.State", "COMPLETED"),
        (terminated, "Cluster.Status.State", "TERMINATED"),
        (on_eks, "JobRun.State", "COMPLETED"),
        (serverless, "JobRun.State", "SUCCESS"),
        (customized, "Status", "Completed"),
        (kubernetes, "Cluster.Status", "ACTIVE"),
    ],
)
def test_a_job_runs_to_its_end(aws: Services, start: Callable[[Services], Run], path: str, state: str) -> None:
    made = start(aws)
    assert made.status == "SUCCEEDED", made.cause
    value = made.output
    for part in path.split("."):
        value = value[part]
    assert value == state
    assert [event.type for event in made.events][2:6] == [
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
    ]


def test_what_was_to_be_deleted_is_gone(aws: Services) -> None:
    assert kubernetes(aws).status == "SUCCEEDED"
    deleted = run("eks:deleteCluster.sync", Name="k")
    assert (deleted.status, deleted.output["Cluster"]["Name"]) == ("SUCCEEDED", "k")
    again = run("eks:deleteCluster.sync", Name="k")
    assert again.error == "EKS.ResourceNotFoundException"


@pytest.mark.parametrize(
    ("resource", "parameters", "words"),
    [
        ("databrew:startJobRun.sync", {"Name": "j"}, "Bind a function to the state, or say where the service is"),
        ("mediaconvert:createJob.sync", {"Role": ROLE, "Settings": {}}, "Bind a function to the state, or say where"),
        (
            "codebuild:startBuildBatch.sync",
            {"ProjectName": "p"},
            "The start_build_batch action has not been implemented",
        ),
        (
            "eks:call",
            {"ClusterName": "k"},
            "eks:call speaks to the Kubernetes API of a cluster, which nothing here has",
        ),
        ("eks:runJob.sync", {"ClusterName": "k"}, 'Bind a function to the state: %sfn_bind "T" your_function'),
    ],
)
def test_what_nothing_here_carries_says_so(aws: Services, resource: str, parameters: Any, words: str) -> None:
    made = run(resource, **parameters)
    assert made.status == "FAILED"
    assert words in (made.cause or "")


def test_an_instance_group_is_found_by_its_name(aws: Services) -> None:
    given = {"ClusterId": cluster(aws), "InstanceGroup": {"InstanceCount": 3}}
    assert run("elasticmapreduce:modifyInstanceGroupByName", **given, InstanceGroupName="main").status == "SUCCEEDED"
    groups = aws.client("emr").list_instance_groups(ClusterId=given["ClusterId"])["InstanceGroups"]
    assert [group["RequestedInstanceCount"] for group in groups] == [3]
    wrong = run("elasticmapreduce:modifyInstanceGroupByName", **given, InstanceGroupName="other")
    assert wrong.error == "ElasticMapReduce.AmazonElasticMapReduceException"


def test_an_instance_fleet_is_found_by_its_name() -> None:
    fleet = {"TargetSpotCapacity": 2}
    given = {"ClusterId": "j", "InstanceFleetName": "core", "InstanceFleet": fleet}
    assert emr.question("modifyInstanceFleetByName", given) == ("ListInstanceFleets", {"ClusterId": "j"})
    known = {"InstanceFleets": [{"Id": "if-1", "Name": "task"}, {"Id": "if-2", "Name": "core"}]}
    made = {"ClusterId": "j", "InstanceFleet": {**fleet, "InstanceFleetId": "if-2"}}
    assert emr.request("modifyInstanceFleetByName", given, known) == made
    with pytest.raises(TaskError, match="The instance fleet core does not exist"):
        emr.request("modifyInstanceFleetByName", given, {"InstanceFleets": []})


def test_the_embedded_services_have_no_model(aws: Services) -> None:
    for resource in ("bedrock:invokeModel", "aws-sdk:bedrockruntime:invokeModel"):
        failed = run(resource, ModelId="m", Body="{}")
        assert (failed.error or "").endswith(".SdkClientException")
        assert "have no model that could answer" in (failed.cause or "")


def test_a_models_answer_is_json_or_an_object(aws: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    def invoke(**request: Any) -> dict[str, Any]:
        return {"body": BytesIO(b'{"a": 1}'), "contentType": "application/json"}

    monkeypatch.setattr(aws.client("bedrockruntime"), "invoke_model", invoke)
    assert run("bedrock:invokeModel", ModelId="m", Body={"prompt": "?"}).output["Body"] == {"a": 1}
    s3 = aws.client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_object(Bucket="bucket", Key="in", Body=b'{"prompt": "?"}')
    places = {"Input": {"S3Uri": "s3://bucket/in"}, "Output": {"S3Uri": "s3://bucket/a/out"}}
    answer = run("bedrock:invokeModel", ModelId="m", **places).output
    assert ("Body" in answer, answer["Output"]) == (False, places["Output"])
    assert s3.get_object(Bucket="bucket", Key="a/out")["Body"].read() == b'{"a": 1}'
    missing = run("bedrock:invokeModel", ModelId="m", Input={"S3Uri": "s3://bucket/none"})
    assert (missing.error, missing.cause) == (
        "Bedrock.S3Exception", "The specified key does not exist. (s3://bucket/none)")  # fmt: skip
    assert run("bedrock:invokeModel", ModelId="m", Input={"S3Uri": "in"}).error == "Bedrock.ValidationException"


def test_a_cluster_is_created_and_waited_for(aws: Services) -> None:
    groups = [{"InstanceRole": "MASTER", "InstanceType": "m5.xlarge", "InstanceCount": 1}]
    given: dict[str, Any] = {"Name": "c", "ServiceRole": "r", "JobFlowRole": "r"}
    kept = {"InstanceGroups": groups, "KeepJobFlowAliveWhenNoSteps": True}
    made = run("elasticmapreduce:createCluster", **given, Instances=kept)
    assert {key for key in made.output if not key.startswith("Sdk")} == {"ClusterId"}
    waited = run("elasticmapreduce:createCluster.sync", **given, Instances=kept)
    assert waited.output["ClusterId"] == waited.output["Cluster"]["Id"]
    assert waited.output["Cluster"]["Status"]["State"] == "WAITING"
    fleeting = run("elasticmapreduce:createCluster", **given, Instances={"InstanceGroups": groups})
    assert (fleeting.error, "KeepJobFlowAliveWhenNoSteps" in (fleeting.cause or "")) == ("States.Runtime", True)
    steps = run("elasticmapreduce:createCluster", **given, Instances=kept, Steps=[])
    assert 'The field "Steps" is not supported by Step Functions' in (steps.cause or "")


def test_a_cancelled_step_is_told_alone() -> None:
    answer: dict[str, Any] = {"CancelStepsInfoList": [{"StepId": "s", "Status": "SUBMITTED"}]}
    assert emr.result("cancelStep", answer) == {"CancelStepsInfo": {"StepId": "s", "Status": "SUBMITTED"}}


FAILURES = {"failures": [{"arn": "a", "reason": "RESOURCE:MEMORY"}]}


@pytest.mark.parametrize("pattern", ["", ".sync", ".waitForTaskToken"])
@pytest.mark.parametrize("tasks", [[], [{"taskArn": "t", "startedBy": "AWS Step Functions"}]])
def test_a_task_of_ecs_with_failures(
    aws: Services, monkeypatch: pytest.MonkeyPatch, pattern: str, tasks: list[Any]
) -> None:
    sent: list[Any] = []

    def run_task(**request: Any) -> Any:
        sent.append(request)
        return {**FAILURES, "tasks": tasks}

    monkeypatch.setattr(aws.client("ecs"), "run_task", run_task, raising=False)
    made = run(f"ecs:runTask{pattern}", Cluster="c", TaskDefinition="d")
    assert sent[0]["startedBy"] == "AWS Step Functions"
    if pattern:
        assert (made.error, "RESOURCE:MEMORY" in (made.cause or "")) == ("AmazonECS.Unknown", True)
    else:
        assert made.output["Failures"] == [{"Arn": "a", "Reason": "RESOURCE:MEMORY"}]


def turn(*texts: str, stop: str = "end_turn", tokens: int = 1) -> list[dict[str, Any]]:
    deltas = [
        {"contentBlockDelta": {"contentBlockIndex": i, "delta": {"text": part}}}
        for i, text in enumerate(texts)
        for part in (text[:2], text[2:])
    ]
    usage = {"inputTokens": tokens, "outputTokens": 2 * tokens, "totalTokens": 3 * tokens}
    return [
        {"messageStart": {"role": "assistant"}},
        {"contentBlockDelta": {"contentBlockIndex": 9, "delta": {"reasoningContent": {"text": "hm"}}}},
        *deltas,
        {"messageStop": {"stopReason": stop}},
        {"metadata": {"usage": usage, "metrics": {"latencyMs": 10 * tokens}}},
    ]


HARNESS: dict[str, Any] = {
    "HarnessArn": "arn:aws:bedrock-agentcore:us-east-1:123456789012:harness/h",
    "RuntimeSessionId": "s" * 33,
    "Messages": [{"Role": "user", "Content": [{"Text": "?"}]}],
}


def test_a_harness_answers_with_its_last_message(aws: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = [*turn("first", stop="tool_use"), *turn("Hello", "you", tokens=5)]
    sent: list[Any] = []

    def invoke(**request: Any) -> Any:
        sent.append(request)
        return {"stream": stream, "ResponseMetadata": {}}

    monkeypatch.setattr(aws.client("bedrock-agentcore"), "invoke_harness", invoke, raising=False)
    output = run("bedrockagentcore:invokeHarness", **HARNESS).output
    assert sent[0]["messages"] == [{"role": "user", "content": [{"text": "?"}]}]
    assert {key: value for key, value in output.items() if not key.startswith("Sdk")} == {
        "Output": {"Message": {"Role": "assistant", "Content": [{"Text": "Hello"}, {"Text": "you"}]}},
        "StopReason": "end_turn",
        "Usage": {"InputTokens": 6, "OutputTokens": 12, "TotalTokens": 18},
        "Metrics": {"LatencyMs": 60},
    }
    stream[:] = [{"runtimeClientError": {"message": "no"}}]
    failed = run("bedrockagentcore:invokeHarness", **HARNESS)
    assert failed.error == "BedrockAgentCore.RuntimeClientErrorException"
    stream[:] = [{"validationException": {"message": "no", "reason": "r"}}]
    assert run("bedrockagentcore:invokeHarness", **HARNESS).error == "BedrockAgentCore.ValidationException"


@pytest.mark.parametrize(
    ("timeout", "seconds"), [({}, 900), ({"TimeoutSeconds": 1200}, 900), ({"TimeoutSeconds": 5}, 5)]
)
def test_a_harness_has_fifteen_minutes(timeout: dict[str, Any], seconds: int) -> None:
    task = {"Type": "Task", "Resource": "arn:aws:states:::bedrockagentcore:invokeHarness", "Parameters": HARNESS}
    machine = StateMachine({"StartAt": "T", "States": {"T": {**task, **timeout, "End": True}}}, name="m")
    late = machine.run(mocks=[mock("T", returns({}, after=seconds + 1))])
    assert (late.error, late.seconds) == ("States.Timeout", seconds)
    assert machine.run(mocks=[mock("T", returns({"a": 1}, after=seconds - 1))]).output == {"a": 1}


@pytest.mark.parametrize("pattern", [".sync", ".waitForTaskToken"])
def test_a_harness_answers_at_once_only(pattern: str) -> None:
    task = {"Type": "Task", "Resource": f"arn:aws:states:::bedrockagentcore:invokeHarness{pattern}", "Parameters": {}}
    answer = validate({"StartAt": "T", "States": {"T": {**task, "End": True}}})
    assert answer["result"] == "FAIL"
