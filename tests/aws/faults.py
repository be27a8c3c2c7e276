"""Mistakes of the kind that templates are made with, each with what must be said of it.

A fault is planted into the template as written, so it passes every stage that a real one would.
"""

import copy
from dataclasses import dataclass


@dataclass(frozen=True)
class Fault:
    """Setting `path` to `value` (or removing it) must bring up `said`."""

    path: tuple
    value: object
    said: str

    def planted(self, template):
        """A copy of a template with this fault in it."""
        faulty = copy.deepcopy(template)
        place = faulty
        for step in self.path[:-1]:
            place = place[step]
        if self.value is REMOVED:
            del place[self.path[-1]]
        elif isinstance(place, dict) or self.path[-1] < len(place):
            place[self.path[-1]] = self.value
        else:
            place.append(self.value)
        return faulty


REMOVED = object()


def properties(name, *path):
    return ("Resources", name, "Properties", *path)


def statement(role, number, *path):
    return properties(role, "Policies", 0, "PolicyDocument", "Statement", number, *path)


def event(function, name, *path):
    return properties(function, "Events", name, "Properties", *path)


def default(parameter):
    return ("Parameters", parameter, "Default")


ANYBODY = {
    "Type": "AWS::Lambda::Permission",
    "Properties": {
        "Action": "lambda:InvokeFunction",
        "FunctionName": {"Fn::GetAtt": ["ArchiveWorker", "Arn"]},
        "Principal": "*",
    },
}
EVERY_RULE = dict(ANYBODY, Properties=dict(ANYBODY["Properties"], Principal="events.amazonaws.com"))
EVERY_PARAMETER = {"Fn::Sub": "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/*"}
EVERYTHING_OF_LAMBDA = ["arn:aws:iam::aws:policy/AWSLambda_FullAccess"]
WORDLESS = {"Type": "AWS::CloudWatch::Alarm", "Properties": {}}
QUEUE_EVENT = event("ArchiveWorker", "Queue")
TICK = event("ArchiveDispatcher", "Tick")

# In the order of the template: the timer, the functions, the queue, the rights, the address.
FAULTS = (
    Fault(default("ArchiveSchedule"), "rate(1 minutes)", "one takes the singular"),
    Fault(default("ArchiveSchedule"), "every minute", "is no rate"),
    Fault(default("ArchiveSchedule"), "rate(0 minutes)", "a positive number"),
    Fault((*TICK, "ScheduleExpression"), "cron(0 6 * * MON *)", "exactly one"),
    Fault((*TICK, "RetryPolicy", "MaximumRetryAttempts"), 3, "repeats ticks"),
    Fault((*TICK, "Name"), REMOVED, "not named after the stack"),
    Fault(properties("ArchiveDispatcher", "EventInvokeConfig"), REMOVED, "Lambda repeats a failed tick"),
    Fault(properties("Web", "Role"), REMOVED, "sam: Transforming resource with id [Web]"),
    Fault(properties("Web", "Role"), {"Fn::GetAtt": ["ArchiveWorkerRole", "Arn"]}, "shares its role"),
    Fault(properties("Web", "LoggingConfig"), REMOVED, "has no log group"),
    Fault(properties("Web", "Environment", "Variables", "REPRISE_ROLL"), "web", "is told REPRISE_ROLL"),
    Fault(("Globals", "Function", "Environment", "Variables", "REPRISE_TABLE"), REMOVED, "is not told REPRISE_TABLE"),
    Fault(("Globals", "Function", "Runtime"), "provided.al2", "W2531"),
    Fault((*QUEUE_EVENT, "FunctionResponseTypes"), ["ReportBatchItemFailure"], "one failed message fails"),
    Fault((*QUEUE_EVENT, "FunctionResponseTypes"), REMOVED, "one failed message fails"),
    Fault((*QUEUE_EVENT, "BatchSize"), 99999, "E3034"),
    Fault((*QUEUE_EVENT, "ScalingConfig", "MaximumConcurrency"), 1, "E3034"),
    Fault((*QUEUE_EVENT, "ScalingConfig"), REMOVED, "nothing limits"),
    Fault((*QUEUE_EVENT, "Queue"), {"Fn::GetAtt": ["ArchiveQeue", "Arn"]}, "E1010"),
    Fault(properties("ArchiveWorker", "ReservedConcurrentExecutions"), 5, "throttles deliveries"),
    Fault(properties("ArchiveQueue", "VisibilityTimeout"), 20, "hides messages for 20 s"),
    Fault(("Mappings", "Hidden", "300", "Seconds"), 720, "a worker may take 300 s"),
    Fault(("Parameters", "WorkerTimeout", "AllowedValues", 4), "600", "a worker may take 600 s"),
    Fault(properties("ArchiveQueue", "RedrivePolicy"), REMOVED, "has no dead letters"),
    Fault(properties("ArchiveQueue", "SqsManagedSseEnabled"), False, "is not encrypted"),
    Fault(statement("WebRole", 0, "Action", 0), "dynamodb:BatchGetItems", "W3037"),
    Fault(statement("WebRole", 2, "Action", 0), "kms:Decypt", "W3037"),
    Fault(statement("WebRole", 0, "Action"), "dynamodb:*", "names more than one action"),
    Fault(statement("WebRole", 0, "Resource"), "*", "names more than one resource"),
    Fault(statement("WebRole", 3, "Resource"), EVERY_PARAMETER, "names more than one resource"),
    Fault(statement("WebRole", 2, "Condition"), REMOVED, "the key is used without"),
    Fault(properties("Key", "KeyPolicy", "Statement", 1, "Condition"), REMOVED, "the key is used without"),
    Fault(properties("Key", "KeyPolicy", "Statement", 0, "Action"), "kms:*", "names more than one action"),
    Fault(statement("ScheduleRole", 0, "NotAction"), "lambda:GetFunction", "allows what nobody listed"),
    Fault(properties("WebUrl", "AuthType"), "OPEN", "E3030"),
    Fault(("Resources", "WebUrlMayRun"), REMOVED, "may not run Web"),
    Fault(("Resources", "WebUrlMayBeAsked"), REMOVED, "nobody may ask"),
    Fault(("Resources", "Anybody"), ANYBODY, "lets anybody run"),
    Fault(("Resources", "EveryRule"), EVERY_RULE, "lets every customer"),
    Fault(properties("TicksAlarm", "AlarmActions"), REMOVED, "tells nobody"),
    Fault(properties("TicksAlarm", "AlarmDescription"), "Ticks.", "does not say what to do"),
    Fault(("Resources", "SpareAlarm"), WORDLESS, "missing on the dashboard"),
    Fault(properties("ScheduleRole", "ManagedPolicyArns"), EVERYTHING_OF_LAMBDA, "a managed policy allows more"),
    Fault(("Resources", "ArchiveWorker", "Properties", "Events", "Queue", "Type"), "Sqs", "sam: "),
)
