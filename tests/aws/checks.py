"""What must hold of the stack beyond what any linter knows; each function yields what does not.

They read a translated template, in which a value is a literal or a reference to a parameter.
"""

import rights
import schedule

# What the functions are told, by agreement with crates/lambda.
TOLD = {
    "REPRISE_ROLE",
    "REPRISE_TABLE",
    "REPRISE_KEY_ID",
    "REPRISE_DUE_PARTITIONS",
    "REPRISE_DEPLOYMENT",
    "REPRISE_BASE_URL",
    "REPRISE_SIGNUP",
    "REPRISE_DAILY_CALLS",
    "REPRISE_TIME_ZONE",
    "REPRISE_WEBHOOK_URL",
    "SPOTIFY_CLIENT_ID",
    "SPOTIFY_CLIENT_SECRET_PARAMETER",
    "SPOTIFY_API_URL",
    "SPOTIFY_ACCOUNTS_URL",
}
# And what the dispatcher is told besides.
DISPATCHER_TOLD = TOLD | {"REPRISE_QUEUE_URL"}

# AWS's advice: a message stays hidden for so many times the function's time-out.
HIDDEN_TIMES = 6


def all_of(template):
    """Everything that does not hold."""
    every = (schedules, rights.problems, functions, timers, queues, sources, address, alarms)
    return [what for check in every for what in check(template)]


def of_type(template, kind):
    """The resources of one type, by name."""
    return {name: it for name, it in template["Resources"].items() if it["Type"] == f"AWS::{kind}"}


def values(template, value):
    """What a literal or a reference to a parameter may become: its choices, or its default."""
    if isinstance(value, dict) and "Ref" in value:
        parameter = template["Parameters"][value["Ref"]]
        return parameter.get("AllowedValues", [parameter.get("Default")])
    return [value]


def target(value):
    """The resource that a Ref or GetAtt names."""
    if not isinstance(value, dict):
        return None
    return value.get("Ref") or (value.get("Fn::GetAtt") or [None])[0]


def schedules(template):
    """An expression that means nothing is refused by AWS only when the stack is made."""
    for name, it in of_type(template, "Scheduler::Schedule").items():
        for expression in values(template, it["Properties"]["ScheduleExpression"]):
            try:
                schedule.parse(str(expression))
            except schedule.BadSchedule as error:
                yield f"{name}: {error}"


def functions(template):
    """Each has a role, a log and a voice of its own, and is told what was agreed."""
    roles, logs = {}, {}
    for name, it in of_type(template, "Lambda::Function").items():
        properties = it["Properties"]
        for kind, owner, seen in (
            ("role", target(properties.get("Role")), roles),
            ("log group", target(properties.get("LoggingConfig", {}).get("LogGroup")), logs),
        ):
            if owner not in template["Resources"]:
                yield f"{name}: has no {kind} of this template"
            elif owner in seen:
                yield f"{name}: shares its {kind} {owner} with {seen[owner]}"
            seen[owner] = name
        told = set(properties.get("Environment", {}).get("Variables", {}))
        expected = DISPATCHER_TOLD if name.endswith("Dispatcher") else TOLD
        for missing in sorted(expected - told):
            yield f"{name}: is not told {missing}"
        for unknown in sorted(told - expected):
            yield f"{name}: is told {unknown}, which nobody reads"


def timers(template):
    """A tick that failed is not repeated, by neither of the two who would."""
    for name, it in of_type(template, "Scheduler::Schedule").items():
        if it["Properties"]["Target"].get("RetryPolicy", {}).get("MaximumRetryAttempts") != 0:
            yield f"{name}: repeats ticks, which pile up"
        if target(it["Properties"].get("Name")) or "${AWS::StackName}" not in str(it["Properties"].get("Name")):
            yield f"{name}: is not named after the stack, so two stacks in one account collide"
        function = target(it["Properties"]["Target"]["Arn"])
        invokes = of_type(template, "Lambda::EventInvokeConfig").values()
        mine = [it["Properties"] for it in invokes if target(it["Properties"]["FunctionName"]) == function]
        if not mine or mine[0].get("MaximumRetryAttempts") != 0:
            yield f"{function}: Lambda repeats a failed tick"


def queues(template):
    """A message is hidden for longer than any worker may take, and ends somewhere."""
    letters = set()
    for name, it in of_type(template, "SQS::Queue").items():
        redrive = it["Properties"].get("RedrivePolicy")
        if redrive:
            letters.add(target(redrive["deadLetterTargetArn"]))
    for name, it in of_type(template, "SQS::Queue").items():
        if name not in letters and "RedrivePolicy" not in it["Properties"]:
            yield f"{name}: has no dead letters"
        if not it["Properties"].get("SqsManagedSseEnabled"):
            yield f"{name}: is not encrypted"


def sources(template):
    """Workers answer for each message apart, are never throttled, and have the time they are given."""
    for name, it in of_type(template, "Lambda::EventSourceMapping").items():
        properties = it["Properties"]
        if properties.get("FunctionResponseTypes") != ["ReportBatchItemFailures"]:
            yield f"{name}: one failed message fails its whole batch"
        if "MaximumConcurrency" not in properties.get("ScalingConfig", {}):
            yield f"{name}: nothing limits how many workers run"
        worker = template["Resources"][target(properties["FunctionName"])]["Properties"]
        if "ReservedConcurrentExecutions" in worker:
            yield f"{name}: reserved concurrency throttles deliveries into dead letters"
        source = target(properties["EventSourceArn"])
        if source not in template["Resources"]:
            yield f"{name}: reads a queue that is not here"
            continue
        queue = template["Resources"][source]["Properties"]
        for seconds in values(template, worker["Timeout"]):
            hidden = _hidden(template, queue.get("VisibilityTimeout"), worker["Timeout"], seconds)
            if hidden is None or int(hidden) < HIDDEN_TIMES * int(seconds):
                yield f"{source}: hides messages for {hidden} s, a worker may take {seconds} s"


def _hidden(template, visibility, timeout, seconds):
    """The queue's visibility time-out where the worker's time-out is `seconds`."""
    if isinstance(visibility, dict) and "Fn::FindInMap" in visibility:
        name, key, column = visibility["Fn::FindInMap"]
        row = template["Mappings"][name].get(str(seconds), {}) if key == timeout else {}
        return row.get(column)
    return visibility


def address(template):
    """A public address needs two permissions, and each must be good for nothing else."""
    for name, it in of_type(template, "Lambda::Url").items():
        function = target(it["Properties"]["TargetFunctionArn"])
        allowed = [
            permission["Properties"]
            for permission in of_type(template, "Lambda::Permission").values()
            if target(permission["Properties"]["FunctionName"]) == function
        ]
        asked = [it for it in allowed if it["Action"] == "lambda:InvokeFunctionUrl"]
        if not any(it.get("FunctionUrlAuthType") == "NONE" for it in asked):
            yield f"{name}: nobody may ask it"
        runs = [it for it in allowed if it["Action"] == "lambda:InvokeFunction"]
        if not any(it.get("InvokedViaFunctionUrl") is True for it in runs):
            yield f"{name}: asking it may not run {function}"
    for name, it in of_type(template, "Lambda::Permission").items():
        properties = it["Properties"]
        open_to_all = properties["Principal"] == "*"
        through = properties.get("FunctionUrlAuthType") or properties.get("InvokedViaFunctionUrl")
        if open_to_all and not through:
            yield f"{name}: lets anybody run the function itself"
        if not open_to_all and "SourceArn" not in properties:
            yield f"{name}: lets every customer of {properties['Principal']} run the function"


def alarms(template):
    """Each tells somebody, and says what to do."""
    for name, it in of_type(template, "CloudWatch::Alarm").items():
        if not it["Properties"].get("AlarmActions"):
            yield f"{name}: tells nobody"
        if len(it["Properties"].get("AlarmDescription", "")) < 40:
            yield f"{name}: does not say what to do"
    used = str(of_type(template, "CloudWatch::Dashboard"))
    for name in of_type(template, "CloudWatch::Alarm"):
        if f"${{{name}.Arn}}" not in used:
            yield f"{name}: is missing on the dashboard"
