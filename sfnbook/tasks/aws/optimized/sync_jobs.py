"""How the end of a ``.sync`` task is found out: which API tells, what it is asked, where it says how things stand.

A table (developer guide, "Integrating services": each service's page); a new service is a line. Pure.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sfnbook.values import Json


@dataclass(frozen=True, slots=True)
class Poll:
    """One kind of job.

    operation: the API that tells. ask: its parameters; a text ``@A.B`` is taken from the answer to the submission, ``$A``
    from the task's Parameters. found: where in the answer the job is ("" = all of it). status: where in the job its state
    is. good, bad: the states it ends in. wrap: the key that the result has around the job. gone: the
    exception by which the API says that what was to be deleted is no longer there. kept: the member of the answer to the
    submission that the result has beside the job.
    """

    operation: str
    ask: Mapping[str, Any]
    found: str
    status: str
    good: frozenset[str]
    bad: frozenset[str]
    wrap: str = ""
    gone: str = ""
    kept: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a job stands: ended or not, well or not, and what the service says about it."""

    ended: bool
    good: bool
    output: Json


def _poll(operation: str, ask: Mapping[str, Any], found: str, status: str, good: str, bad: str, **more: str) -> Poll:
    return Poll(operation, ask, found, status, frozenset(good.split()), frozenset(bad.split()), **more)


def _eks(noun: str, ask: Mapping[str, Any], *, deleted: bool = False) -> Poll:
    good, gone = ("", "ResourceNotFoundException") if deleted else ("ACTIVE", "")
    return _poll(f"Describe{noun}", ask, "", f"{noun}.Status", good, "CREATE_FAILED FAILED DELETE_FAILED", gone=gone)


def _sagemaker(noun: str, bad: str = "Failed Stopped") -> Poll:
    name = f"{noun}Name"
    status = {"HyperParameterTuningJob": "HyperParameterTuningJobStatus", "LabelingJob": "LabelingJobStatus"}
    return _poll(f"Describe{noun}", {name: f"${name}"}, "", status.get(noun, f"{noun}Status"), "Completed", bad)


_EMR_ENDS: Final = "TERMINATED TERMINATED_WITH_ERRORS"

_NODES: Final = {"ClusterName": "$ClusterName", "NodegroupName": "$NodegroupName"}
_FARGATE: Final = {"ClusterName": "$ClusterName", "FargateProfileName": "$FargateProfileName"}

POLLS: Final[Mapping[tuple[str, str], Poll]] = {
    ("batch", "SubmitJob"): _poll("DescribeJobs", {"Jobs": ["@JobId"]}, "Jobs.0", "Status", "SUCCEEDED", "FAILED"),
    ("ecs", "RunTask"): _poll(
        "DescribeTasks", {"Cluster": "$Cluster", "Tasks": ["@Tasks.0.TaskArn"]}, "Tasks.0", "LastStatus", "STOPPED", ""
    ),
    ("glue", "StartJobRun"): _poll(
        "GetJobRun", {"JobName": "$JobName", "RunId": "@JobRunId"}, "JobRun", "JobRunState",
        "SUCCEEDED", "FAILED STOPPED TIMEOUT ERROR EXPIRED"),
    ("databrew", "StartJobRun"): _poll(
        "DescribeJobRun", {"Name": "$Name", "RunId": "@RunId"}, "", "State", "SUCCEEDED", "FAILED STOPPED TIMEOUT"),
    ("athena", "StartQueryExecution"): _poll(
        "GetQueryExecution", {"QueryExecutionId": "@QueryExecutionId"}, "", "QueryExecution.Status.State",
        "SUCCEEDED", "FAILED CANCELLED"),
    ("codebuild", "StartBuild"): _poll(
        "BatchGetBuilds", {"Ids": ["@Build.Id"]}, "Builds.0", "BuildStatus",
        "SUCCEEDED", "FAILED FAULT TIMED_OUT STOPPED", wrap="Build"),
    ("codebuild", "StartBuildBatch"): _poll(
        "BatchGetBuildBatches", {"Ids": ["@BuildBatch.Id"]}, "BuildBatches.0", "BuildBatchStatus",
        "SUCCEEDED", "FAILED FAULT TIMED_OUT STOPPED", wrap="BuildBatch"),
    ("codebuild", "RetryBuildBatch"): _poll(
        "BatchGetBuildBatches", {"Ids": ["@BuildBatch.Id"]}, "BuildBatches.0", "BuildBatchStatus",
        "SUCCEEDED", "FAILED FAULT TIMED_OUT STOPPED", wrap="BuildBatch"),
    ("sagemaker", "CreateTrainingJob"): _sagemaker("TrainingJob"),
    ("sagemaker", "CreateTransformJob"): _sagemaker("TransformJob"),
    ("sagemaker", "CreateProcessingJob"): _sagemaker("ProcessingJob"),
    ("sagemaker", "CreateHyperParameterTuningJob"): _sagemaker("HyperParameterTuningJob"),
    ("sagemaker", "CreateLabelingJob"): _sagemaker("LabelingJob"),
    ("emr", "RunJobFlow"): _poll(
        "DescribeCluster", {"ClusterId": "@ClusterId"}, "", "Cluster.Status.State", "WAITING", _EMR_ENDS, kept="ClusterId"),
    ("emr", "TerminateJobFlows"): _poll(
        "DescribeCluster", {"ClusterId": "$ClusterId"}, "", "Cluster.Status.State", _EMR_ENDS, ""),
    ("emr", "AddJobFlowSteps"): _poll(
        "DescribeStep", {"ClusterId": "$ClusterId", "StepId": "@StepId"}, "", "Step.Status.State",
        "COMPLETED", "FAILED CANCELLED INTERRUPTED"),
    ("emr-containers", "StartJobRun"): _poll(
        "DescribeJobRun", {"VirtualClusterId": "$VirtualClusterId", "Id": "@Id"}, "", "JobRun.State",
        "COMPLETED", "FAILED CANCELLED"),
    ("emr-serverless", "StartJobRun"): _poll(
        "GetJobRun", {"ApplicationId": "$ApplicationId", "JobRunId": "@JobRunId"}, "", "JobRun.State",
        "SUCCESS", "FAILED CANCELLED"),
    ("emr-serverless", "CreateApplication"): _poll(
        "GetApplication", {"ApplicationId": "@ApplicationId"}, "", "Application.State", "CREATED STARTED", "TERMINATED"),
    ("emr-serverless", "StartApplication"): _poll(
        "GetApplication", {"ApplicationId": "$ApplicationId"}, "", "Application.State", "STARTED", "TERMINATED STOPPED"),
    ("emr-serverless", "StopApplication"): _poll(
        "GetApplication", {"ApplicationId": "$ApplicationId"}, "", "Application.State", "STOPPED", "TERMINATED"),
    ("emr-serverless", "DeleteApplication"): _poll(
        "GetApplication", {"ApplicationId": "$ApplicationId"}, "", "Application.State", "TERMINATED", ""),
    ("emr-serverless", "CancelJobRun"): _poll(
        "GetJobRun", {"ApplicationId": "$ApplicationId", "JobRunId": "$JobRunId"}, "", "JobRun.State",
        "CANCELLED SUCCESS FAILED", ""),
    ("emr-containers", "DeleteVirtualCluster"): _poll(
        "DescribeVirtualCluster", {"Id": "$Id"}, "", "VirtualCluster.State", "TERMINATED", "ARRESTED"),
    ("eks", "CreateCluster"): _eks("Cluster", {"Name": "$Name"}),
    ("eks", "DeleteCluster"): _eks("Cluster", {"Name": "$Name"}, deleted=True),
    ("eks", "CreateNodegroup"): _eks("Nodegroup", _NODES),
    ("eks", "DeleteNodegroup"): _eks("Nodegroup", _NODES, deleted=True),
    ("eks", "CreateFargateProfile"): _eks("FargateProfile", _FARGATE),
    ("eks", "DeleteFargateProfile"): _eks("FargateProfile", _FARGATE, deleted=True),
    ("mediaconvert", "CreateJob"): _poll("GetJob", {"Id": "@Job.Id"}, "", "Job.Status", "COMPLETE", "ERROR CANCELED"),
    ("bedrock", "CreateModelCustomizationJob"): _poll(
        "GetModelCustomizationJob", {"JobIdentifier": "$JobName"}, "", "Status", "Completed", "Failed Stopped"),
}  # fmt: skip


def find(service: str, operation: str) -> Poll | None:
    """Return how the end of an operation is found out, None for one that has no ``.sync``."""
    return POLLS.get((service, operation))


def question(poll: Poll, parameters: Json, submitted: Json) -> dict[str, Any]:
    """Return what the telling API is asked."""
    return {
        name: value
        for name, template in poll.ask.items()
        if (value := _fill(template, parameters, submitted)) not in (None, [None])
    }


def _fill(template: Any, parameters: Json, submitted: Json) -> Any:
    if isinstance(template, list):
        return [_fill(part, parameters, submitted) for part in template]
    if template.startswith("@"):
        return _at(submitted, template[1:])
    return _at(parameters, template[1:])


def _at(value: Json, path: str) -> Json:
    for step in path.split(".") if path else ():
        if isinstance(value, list):
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def verdict(poll: Poll, answer: Json) -> Verdict:
    """Return how the job stands. A job that the service no longer knows has not ended well."""
    job = _at(answer, poll.found)
    if job is None:
        return Verdict(True, False, answer)
    state = _at(job, poll.status)
    good = state in poll.good and not _exited_badly(job)
    return Verdict(good or state in poll.good | poll.bad, good, {poll.wrap: job} if poll.wrap else job)


def _exited_badly(job: Json) -> bool:
    """A stopped ECS task is a failure when a container ended with another code than 0, or never ran."""
    containers = job.get("Containers") if isinstance(job, dict) and "TaskArn" in job else None
    if not isinstance(containers, list):
        return False
    return any(isinstance(c, dict) and c.get("ExitCode", 0) != 0 for c in containers)
