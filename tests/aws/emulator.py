"""Starts MiniStack with what the stack's stories need of AWS and it does not have.

Runs in the emulator's own environment. Where MiniStack differs from AWS in something that the template
relies on, it is put right here, so that the template is deployed as it is:

- conditions on the encryption context of a KMS request hold (it knows no such condition keys);
- numbers that CloudFormation takes from parameters are numbers to an event source mapping;
- a batch of messages needs the right to send one (AWS has no right of that other name);
- /health of a function's address is the function's, not the emulator's;
- a template may make an identity provider (it has them, but not in templates).

Besides, every decision about a role's right is appended to the file named by REPRISE_RIGHTS, a JSON object
a line. A version of MiniStack in which one of these places is gone stops here, at start.
"""

import json
import os
import signal
import threading

import ministack.app
from ministack.core import iam_actions, iam_evaluator
from ministack.services import iam, lambda_svc
from ministack.services.cloudformation import provisioners

WRITES = threading.Lock()


def replace(module, name, made_from):
    """Puts `made_from(original)` in place of a name; fails where there is none."""
    setattr(module, name, made_from(getattr(module, name)))


def knows_encryption_context(original):
    """Adds kms:EncryptionContext:… to what conditions are held against."""

    def request_tag_context(service, action, body, *rest):
        found = original(service, action, body, *rest)
        if service == "kms":
            context = json.loads(body or b"{}").get("EncryptionContext") or {}
            found |= {f"kms:EncryptionContext:{key}": value for key, value in context.items()}
            found["kms:EncryptionContextKeys"] = list(context)
        return found

    return request_tag_context


def reads_numbers(original):
    """A parameter's value is text; AWS makes a number of it before anybody compares."""

    def concurrency(esm, *rest):
        scaling = esm.get("ScalingConfig") or {}
        if "MaximumConcurrency" in scaling:
            scaling["MaximumConcurrency"] = int(scaling["MaximumConcurrency"])
        return original(esm, *rest)

    return concurrency


def leaves_addresses_alone(original):
    """Sends what is asked of a function's address past the emulator's own pages of the same path."""

    async def app(scope, receive, send):
        if scope["type"] == "http" and scope["path"] in ministack.app._HEALTH_PATHS:
            headers = dict(scope["headers"])
            name = ministack.app._LAMBDA_URL_RE.match(headers.get(b"host", b"").decode("latin-1"))
            if name:
                # The emulator's other way to name a function; the function sees the first all the same.
                path = f"/_aws/lambda-url/{name.group(1)}{scope['path']}"
                headers[b"host"] = b"127.0.0.1"
                scope = scope | {"path": path, "raw_path": path.encode(), "headers": list(headers.items())}
        await original(scope, receive, send)

    return app


def makes_identity_providers(handlers):
    """Lets CloudFormation make what IAM here can make."""

    def create(_logical, properties, _stack):
        asked = {"Url": properties["Url"]}
        for number, client in enumerate(properties["ClientIdList"], 1):
            asked[f"ClientIDList.member.{number}"] = client
        status, _, body = iam._create_oidc_provider({name: [value] for name, value in asked.items()})
        if status != 200:
            raise ValueError(body.decode())
        host = properties["Url"].removeprefix("https://")
        arn = next(it for it in iam._oidc_providers if it.endswith(f"/{host}"))
        return arn, {"Arn": arn}

    def delete(physical, _properties):
        iam._delete_oidc_provider({"OpenIDConnectProviderArn": [physical]})

    return handlers | {"AWS::IAM::OIDCProvider": {"create": create, "delete": delete}}


def asks_as_aws_does(original):
    """Asks for the right that AWS asks for, where the emulator names it after the request."""
    named = {f"sqs:{it}Batch": f"sqs:{it}" for it in ("SendMessage", "DeleteMessage", "ChangeMessageVisibility")}

    def enforce(key, action, *rest, **more):
        return original(key, named.get(action, action), *rest, **more)

    return enforce


def notes_decisions(path):
    """Notes who asked for which right, and whether they had it."""

    def made_from(original):
        def enforce(key, action, service, region, resource_arn="*", **rest):
            denied = original(key, action, service, region, resource_arn=resource_arn, **rest)
            session = iam_evaluator.resolve_caller_identity(key) or {}
            line = {"who": session.get("userArn", ""), "action": action, "resource": resource_arn}
            with WRITES, open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line | {"allowed": denied is None}) + "\n")
            return denied

        return enforce

    return made_from


def end_with(parent):
    """Ends this process and every function it started when `parent` is read to its end."""

    def wait():
        while parent.read(4096):
            pass
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=wait, daemon=True).start()


def main():
    end_with(os.fdopen(os.dup(0), "rb"))
    replace(iam_actions, "request_tag_context", knows_encryption_context)
    replace(lambda_svc, "_sqs_esm_concurrency", reads_numbers)
    replace(iam_evaluator, "enforce", notes_decisions(os.environ["REPRISE_RIGHTS"]))
    replace(iam_evaluator, "enforce", asks_as_aws_does)
    replace(provisioners, "_RESOURCE_HANDLERS", makes_identity_providers)
    replace(ministack.app, "app", leaves_addresses_alone)
    ministack.app.main()


if __name__ == "__main__":
    main()
