"""The stack, deployed from template.yaml as an operator would, into an AWS played on loopback.

    with Emulator() as emulator:
        stack = Stack(emulator)
        stack.deploy(bootstrap, ArchiveSchedule="rate(1 minute)")
        assert stack.ask("/health").body == b"ok\\n"
"""

import http.client
import json
import os
import shlex
import socket
import ssl
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import boto3

import rights
import template
from front import Front

ROOT = template.ROOT
EMULATED = ROOT / "target/aws/emulator/bin/python"
COMMANDS = ROOT / "target/aws/cli/bin"

# What AWS itself does in a role's name, and the emulator does without asking.
BY_AWS = {
    "lambda:InvokeFunction",
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
    "sqs:ReceiveMessage",
}


class Emulator:
    """An AWS with one account, empty at first, that enforces roles; gone with everything it started."""

    def __enter__(self):
        self._folder = tempfile.TemporaryDirectory(prefix="aws-")
        self.folder = Path(self._folder.name)
        self.log = self.folder / "emulator.log"
        self.rights = self.folder / "rights.jsonl"
        self.rights.touch()
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        account = {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_DEFAULT_REGION": template.REGION,
            "AWS_ENDPOINT_URL": self.url,
        }
        own = {
            "AUTH": "true",
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(self.port),
            "IOT_MTLS_ENABLED": "0",
            "MINISTACK_HOST": "127.0.0.1",
            "PYTHONDONTWRITEBYTECODE": "1",
            "REPRISE_RIGHTS": str(self.rights),
            "TMPDIR": str(self.folder),
        }
        inherited = {name: os.environ[name] for name in ("HOME", "PATH") if name in os.environ}
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [EMULATED, ROOT / "tests/aws/emulator.py"],
                env=inherited | account | own,
                # It ends, with the functions it started, when this end is closed: also if we are killed.
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.front = Front(template.REGION, self.port, self.folder)
        proxy = self.front.start()
        self.environment = account | {
            "AWS_PAGER": "",
            "CURL_CA_BUNDLE": str(self.front.certificate),
            "HTTPS_PROXY": proxy,
            "NO_PROXY": "127.0.0.1,localhost",
            "SAM_CLI_TELEMETRY": "0",
            # The root key is the account's own; nothing of the machine's configuration may be meant.
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        }
        try:
            self._wait()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        self._process.stdin.close()
        self._process.wait()
        self.front.stop()
        self._folder.cleanup()

    def _wait(self):
        for _ in range(300):
            if self._process.poll() is not None:
                break
            try:
                with socket.create_connection(("127.0.0.1", self.port), 1):
                    return
            except OSError:
                time.sleep(0.05)
        raise RuntimeError(f"the emulator did not start:\n{self.log.read_text(errors='replace')[-4000:]}")

    def client(self, service):
        """A client of the account's owner."""
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=template.REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )


@dataclass
class Answer:
    """What the stack's address answered."""

    status: int
    headers: list
    body: bytes


class Stack:
    """One deployment in an emulator."""

    def __init__(self, emulator, name="reprise"):
        self.emulator = emulator
        self.name = name
        self.outputs = {}
        self.resources = {}

    def put_secret(self, secret, name="/reprise/spotify-client-secret"):
        """Stores the app's client secret, which no template can."""
        self.emulator.client("ssm").put_parameter(Name=name, Value=secret, Type="SecureString", Overwrite=True)

    def deploy(self, bootstrap, written=None, **parameters):
        """Deploys a binary of this machine's architecture, from template.yaml or what `written` makes of it."""
        environment = os.environ | self.emulator.environment | {
            "ARCHITECTURE": "x86_64",
            "BOOTSTRAP": str(bootstrap),
            "OUT": str(self.emulator.folder / "given"),
            "PARAMETERS": " ".join(shlex.quote(f"{name}={value}") for name, value in parameters.items()),
            "STACK": self.name,
        }
        if written is not None:
            path = self.emulator.folder / "template.json"
            path.write_text(json.dumps(written, indent=1), encoding="utf-8")
            environment["TEMPLATE"] = str(path)
        ran = subprocess.run(
            [ROOT / "infra/bin/deploy"], env=environment, capture_output=True, text=True, stdin=subprocess.DEVNULL
        )
        if ran.returncode != 0:
            raise RuntimeError(f"the stack could not be deployed:\n{ran.stdout[-6000:]}\n{ran.stderr[-4000:]}")
        self.read()
        return self.outputs

    def read(self):
        """Looks up outputs and physical names."""
        formation = self.emulator.client("cloudformation")
        described = formation.describe_stacks(StackName=self.name)["Stacks"][0]
        self.outputs = {it["OutputKey"]: it["OutputValue"] for it in described["Outputs"]}
        pages = formation.get_paginator("list_stack_resources").paginate(StackName=self.name)
        self.resources = {
            it["LogicalResourceId"]: it["PhysicalResourceId"] for page in pages for it in page["StackResourceSummaries"]
        }

    def ask(self, path, method="GET", body=None, headers=None):
        """A request to the site's own https address."""
        trusting = ssl.create_default_context(cafile=self.emulator.front.certificate)
        proxy = urlsplit(self.emulator.front.url)
        connection = http.client.HTTPSConnection(proxy.hostname, proxy.port, timeout=60, context=trusting)
        connection.set_tunnel(urlsplit(self.outputs["SiteUrl"]).hostname, 443)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return Answer(answer.status, answer.getheaders(), answer.read())
        finally:
            connection.close()

    def invoke(self, function, event):
        """Runs a function by hand; answers what it answered, and whether that was an error."""
        answer = self.emulator.client("lambda").invoke(
            FunctionName=self.resources[function], Payload=json.dumps(event).encode()
        )
        return json.loads(answer["Payload"].read() or b"null"), "FunctionError" in answer

    def set_environment(self, function, **changes):
        """Tells a function more than the template does; for clocks and other people's addresses."""
        client, name = self.emulator.client("lambda"), self.resources[function]
        told = client.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
        client.update_function_configuration(FunctionName=name, Environment={"Variables": told | changes})

    def logs(self, function):
        """Every line that a function logged, oldest first."""
        group = template.read()["Resources"][f"{function}Logs"]["Properties"]["LogGroupName"]["Fn::Sub"]
        pages = self.emulator.client("logs").get_paginator("filter_log_events")
        events = pages.paginate(logGroupName=group.replace("${AWS::StackName}", self.name))
        return [it["message"] for page in events for it in page["events"]]

    def dead_letters(self):
        """The bodies of what failed every time; they stay where they are."""
        client, found = self.emulator.client("sqs"), {}
        while True:
            some = client.receive_message(
                QueueUrl=self.resources["ArchiveDeadLetters"], MaxNumberOfMessages=10, VisibilityTimeout=5
            ).get("Messages", [])
            if not some:
                return list(found.values())
            found |= {it["MessageId"]: it["Body"] for it in some}

    def processes(self, function):
        """The process ids of a function's running environments."""
        wanted = f"AWS_LAMBDA_FUNCTION_NAME={self.resources[function]}".encode()
        found = []
        for entry in Path("/proc").iterdir():
            try:
                if entry.name.isdigit() and wanted in (entry / "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except (FileNotFoundError, ProcessLookupError, PermissionError):
                continue
        return found

    def decisions(self):
        """Every decision about a right of one of the stack's roles: role, action, resource, allowed."""
        names = {physical: logical for logical, physical in self.resources.items() if logical.endswith("Role")}
        for line in self.emulator.rights.read_text(encoding="utf-8").splitlines():
            it = json.loads(line)
            # arn:aws:sts::000000000000:assumed-role/ROLE/SESSION
            _, _, assumed = it["who"].partition(":assumed-role/")
            role = names.get(assumed.partition("/")[0])
            if role:
                yield role, it["action"], it["resource"], it["allowed"]

    def denied(self):
        """What a role was refused."""
        return sorted({(role, action, on) for role, action, on, allowed in self.decisions() if not allowed})

    def unused(self, written):
        """What a template allows a role and it never asked for, apart from what AWS does in its name."""
        used = {}
        for role, action, _, allowed in self.decisions():
            if allowed:
                used.setdefault(role, set()).add(action)
        return sorted(
            (role, action)
            for role, actions in rights.granted(written).items()
            for action in actions - used.get(role, set()) - BY_AWS
        )
