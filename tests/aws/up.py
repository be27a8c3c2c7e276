"""Deploys the stack for whoever is not written in Python, and keeps it until standard input ends.

    tests/bin/aws-stack --bootstrap FILE [--without Role:action] [Name=Value …]

Prints one line of JSON when the stack stands: `environment` for its clients (the proxy in it leads to the
site's address), `outputs`, `resources` by their logical names, `certificate`, `log` of the emulator, and
`rights`, the file of decisions. A line `unused`, `denied`, `logs FUNCTION`, `processes FUNCTION` or
`dead-letters` on standard input is answered by one line of JSON.
"""

import argparse
import copy
import json
import os
import sys

import rights
import template
from stack import Emulator, Stack


def without(written, what):
    """The template with one action taken from a role."""
    role, action = what.split(":", 1)
    written = copy.deepcopy(written)
    taken = 0
    for policy in written["Resources"][role]["Properties"]["Policies"]:
        kept = []
        # Statements that several roles share in the file are theirs apart here.
        for statement in copy.deepcopy(policy["PolicyDocument"]["Statement"]):
            actions = rights.listed(statement["Action"])
            taken += action in actions
            statement["Action"] = [it for it in actions if it != action]
            if statement["Action"]:
                kept.append(statement)
        policy["PolicyDocument"]["Statement"] = kept
    if not taken:
        raise SystemExit(f"{role} is not allowed {action}")
    return written


def answer(stack, command):
    """What a line on standard input asks for."""
    name, _, rest = command.strip().partition(" ")
    asked = {
        "unused": lambda: stack.unused(template.read()),
        "denied": stack.denied,
        "dead-letters": stack.dead_letters,
        "logs": lambda: stack.logs(rest),
        "processes": lambda: stack.processes(rest),
    }
    return asked[name]() if name in asked else {"unknown": command}


def say(what):
    print(json.dumps(what), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", required=True)
    parser.add_argument("--secret", default="a secret")
    parser.add_argument("--without", action="append", default=[])
    parser.add_argument("parameters", nargs="*")
    given = parser.parse_args()
    written = None
    for what in given.without:
        written = without(written or template.read(), what)
    parameters = dict(it.split("=", 1) for it in given.parameters)
    with Emulator() as emulator:
        stack = Stack(emulator)
        stack.put_secret(given.secret)
        stack.deploy(os.path.abspath(given.bootstrap), written, **({"SpotifyClientId": "test"} | parameters))
        say(
            {
                "environment": emulator.environment,
                "outputs": stack.outputs,
                "resources": stack.resources,
                "certificate": str(emulator.front.certificate),
                "log": str(emulator.log),
                "rights": str(emulator.rights),
            }
        )
        for line in sys.stdin:
            say(answer(stack, line))


if __name__ == "__main__":
    main()
