"""What the scripts in infra/bin ask AWS about a stack: that it can be deployed, and what became of it.

    python infra/stack.py ready STACK [NAME=VALUE …]   whether a deployment with these parameters can work
    python infra/stack.py output STACK NAME            one of its outputs
    python infra/stack.py environment STACK            what `reprise` must be told to work on it, for a shell
    python infra/stack.py settled STACK COMMIT         whether all its functions are of that commit and run
"""

import shlex
import sys

import boto3
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, NoRegionError

SECRET = "/reprise/spotify-client-secret"


class NotReady(Exception):
    """Something is missing; the message says what, and what to do."""


def describe(stack):
    """The stack as CloudFormation knows it; None if there is none."""
    try:
        return boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise


def ready(stack, *parameters):
    """Fails with what is missing, before anything is built."""
    given = dict(parameter.split("=", 1) for parameter in parameters if "=" in parameter)
    who = boto3.client("sts").get_caller_identity()
    print(f"deploying {stack} to account {who['Account']}, region {boto3.session.Session().region_name}")
    found = describe(stack)
    before = {it["ParameterKey"]: it["ParameterValue"] for it in (found or {}).get("Parameters", [])}
    if not given.get("SpotifyClientId", before.get("SpotifyClientId")):
        raise NotReady(
            f"there is no stack {stack!r} yet, so the app's client id must be given:\n"
            "  make deploy PARAMETERS=SpotifyClientId=…"
        )
    name = given.get("SpotifyClientSecretParameter", before.get("SpotifyClientSecretParameter", SECRET))
    try:
        kind = boto3.client("ssm").get_parameter(Name=name)["Parameter"]["Type"]
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "AccessDeniedException":
            # CI deploys without the right to look, and need not have it.
            print(f"whether {name} holds the client secret is not looked at: these credentials may not")
            return
        if code != "ParameterNotFound":
            raise
        raise NotReady(
            f"the client secret is not there; put it into the SSM parameter {name}:\n"
            f"  aws ssm put-parameter --type SecureString --name {name} --value …"
        ) from None
    if kind != "SecureString":
        raise NotReady(f"the SSM parameter {name} is a {kind}, which is not encrypted; make it a SecureString")


def outputs_of(stack):
    """A deployed stack's outputs by name."""
    found = {it["OutputKey"]: it["OutputValue"] for it in (describe(stack) or {}).get("Outputs", [])}
    if not found:
        raise NotReady(f"there is no stack {stack!r} in this region: is it deployed, and here?")
    return found


def output(stack, name):
    """Prints one output."""
    outputs = outputs_of(stack)
    if name not in outputs:
        raise NotReady(f"stack {stack!r} has no output {name!r}; it has: {', '.join(sorted(outputs))}")
    print(outputs[name])


def environment(stack):
    """Prints the settings with which the command line works on a deployed stack."""
    outputs = outputs_of(stack)
    given = {it["ParameterKey"]: it["ParameterValue"] for it in describe(stack)["Parameters"]}
    told = {
        "DATABASE_URL": f"dynamodb:{outputs['TableName']}",
        "REPRISE_BASE_URL": outputs["SiteUrl"],
        "REPRISE_DEPLOYMENT": stack,
        "REPRISE_DUE_PARTITIONS": given["DuePartitions"],
        "REPRISE_KEY_ID": outputs["KeyArn"],
    }
    for name, value in told.items():
        print(f"export {name}={shlex.quote(value)}")


def settled(stack, commit):
    """Fails unless every function of the stack was made from `commit` and is ready to run."""
    pages = boto3.client("cloudformation").get_paginator("list_stack_resources").paginate(StackName=stack)
    resources = [it for page in pages for it in page["StackResourceSummaries"]]
    names = [it["PhysicalResourceId"] for it in resources if it["ResourceType"] == "AWS::Lambda::Function"]
    functions = [boto3.client("lambda").get_function_configuration(FunctionName=name) for name in names]
    if not functions:
        raise NotReady(f"stack {stack!r} has no functions")
    for it in functions:
        name, state = it["FunctionName"], (it.get("State"), it.get("LastUpdateStatus"))
        if not it.get("Description", "").endswith(f"commit {commit}"):
            raise NotReady(f"{name} is not of commit {commit}, but: {it.get('Description')}")
        if state != ("Active", "Successful"):
            raise NotReady(f"{name} is {state[0]}, its last change {state[1]}")
    if len({it["CodeSha256"] for it in functions}) != 1:
        raise NotReady(f"the functions of {stack!r} do not run one and the same binary")


def main(arguments):
    commands = {"ready": ready, "output": output, "environment": environment, "settled": settled}
    try:
        if not boto3.session.Session().region_name:
            raise NoRegionError
        commands[arguments[0]](*arguments[1:])
    except NotReady as error:
        return str(error)
    except NoCredentialsError:
        return "there are no AWS credentials; `aws configure` (or `aws sso login`) sets them up"
    except NoRegionError:
        return "no AWS region is chosen; set AWS_DEFAULT_REGION, or one in `aws configure`"
    except (BotoCoreError, ClientError) as error:
        return f"AWS could not be asked: {error}"
    return None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
