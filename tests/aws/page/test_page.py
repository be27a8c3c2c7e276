"""docs/DEPLOY.md, followed to the letter: every `sh` block, in order, in one shell, against an emulated AWS.

Run by `tests/bin/aws-deploy`, which builds function and command line and says where they are (REPRISE_LAMBDA,
REPRISE_CLI).
"""

import os
import re
import shlex
import subprocess
import sys
import time
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from stack import COMMANDS, ROOT, Emulator, Stack

PAGE = ROOT / "docs/DEPLOY.md"

# What the page asks a reader to fill in. Profile and region are the emulator's.
FILLED_IN = {
    "AWS_PROFILE": None,
    "AWS_DEFAULT_REGION": None,
    "EMAIL": "operator@example.org",
    "SPOTIFY_CLIENT_ID": "0123456789abcdef",
    "SPOTIFY_CLIENT_SECRET": "letters of a secret",
    "GITHUB_OWNER": "octo",
    "GITHUB_REPOSITORY": "reprise",
    "GITHUB_OWNER_ID": "12",
    "GITHUB_REPOSITORY_ID": "34",
}


class Shell:
    """A terminal: what one block exports, the next one sees; a command that fails ends it."""

    MARK = "-- the block is through --"

    def __init__(self, environment):
        self._process = subprocess.Popen(
            ["bash", "--noprofile", "--norc", "-euo", "pipefail", "-s"],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, block):
        """What a block prints; raises if it fails."""
        # In a function, so that nothing in it reads the blocks that follow from standard input.
        self._process.stdin.write(f"block() {{\n{block}\n}}\nblock </dev/null\necho '{self.MARK}'\n")
        self._process.stdin.flush()
        said = []
        for line in self._process.stdout:
            if line.rstrip("\n") == self.MARK:
                return "".join(said)
            said.append(line)
        raise AssertionError(f"the page says\n\n{block}\n\nand that fails:\n\n{''.join(said)[-6000:]}")

    def close(self):
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def blocks():
    """The page's blocks, each with the number of its step and its kind."""
    for section in re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]:
        step = int(section.split(".", 1)[0])
        for kind, body in re.findall(r"^```(\w+)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL):
            yield step, kind, body


def blanks(body):
    """What a block for the reader leaves open: names, each with whether it is exported."""
    found = re.findall(r"(export )?\b(\w+)=(?:…|\\\()|(read -rs )(\w+)", body)
    return {name or read: bool(export) for export, name, _, read in found}


def filled_in(body):
    """What a reader would have entered for such a block."""
    yield ":"
    for name, is_exported in blanks(body).items():
        if FILLED_IN[name] is not None:
            yield f"{'export ' if is_exported else ''}{name}={shlex.quote(FILLED_IN[name])}"


class ThePage(unittest.TestCase):
    def test_what_it_asks_for_is_what_this_test_fills_in(self):
        asked = [name for _, kind, body in blocks() if kind == "text" for name in blanks(body)]
        self.assertEqual(sorted(FILLED_IN), sorted(asked))
        self.assertEqual({"sh", "text"}, {kind for _, kind, _ in blocks()})

    def test_every_block_works_in_order(self):
        with Emulator() as emulator:
            environment = os.environ | emulator.environment | {
                "ARCHITECTURE": "x86_64",
                "BOOTSTRAP": os.environ["REPRISE_LAMBDA"],
                "REPRISE": os.environ["REPRISE_CLI"],
                "PATH": f"{COMMANDS}:{os.environ['PATH']}",
            }
            stack, shell = Stack(emulator), Shell(environment)
            self.addCleanup(shell.close)
            said = {}
            for step, kind, body in blocks():
                if kind == "text":
                    shell.run("\n".join(filled_in(body)))
                    continue
                if step == 10:
                    self.after_the_last_step_before_removal(stack, said)
                began = time.monotonic()
                said.setdefault(step, []).append(shell.run(body))
                print(f"step {step}: {time.monotonic() - began:.1f} s", file=sys.stderr)
            self.after_removal(emulator, stack)

    def after_the_last_step_before_removal(self, stack, said):
        """What the page promised is there."""
        if stack.outputs:
            return
        stack.read()
        site = stack.outputs["SiteUrl"]
        self.assertIn('"Account": "000000000000"', said[2][0])
        self.assertTrue(said[5][1].endswith("ok\n"), said[5][1])
        self.assertEqual([f"{site}/auth/spotify/callback\n"], said[6])
        link = re.search(rf"^{re.escape(site)}(/signup/\S+)$", said[7][0], re.MULTILINE)
        self.assertTrue(link, said[7][0])
        answer = stack.ask(link[1])
        self.assertEqual(200, answer.status, answer.body[:2000])
        self.assertIn(b"Connect Spotify", answer.body)
        self.assertIn('"message"', said[7][1])
        self.assertNotIn(FILLED_IN["SPOTIFY_CLIENT_SECRET"], str(said))
        for variable in ("AWS_DEPLOY_ROLE", "AWS_CLOUDFORMATION_ROLE", "AWS_ARTEFACTS_BUCKET", "AWS_BOUNDARY"):
            self.assertIn(variable, said[8][0])
        self.assertEqual([], stack.denied())

    def after_removal(self, emulator, stack):
        """Nothing is left that was to go, and the key can be called back."""
        tables = emulator.client("dynamodb").list_tables()["TableNames"]
        self.assertNotIn(stack.outputs["TableName"], tables)
        key = emulator.client("kms").describe_key(KeyId=stack.outputs["KeyArn"])["KeyMetadata"]
        self.assertEqual("PendingDeletion", key["KeyState"])
        functions = emulator.client("lambda").list_functions()["Functions"]
        self.assertEqual([], [it["FunctionName"] for it in functions])
        names = [it["Name"] for it in emulator.client("ssm").describe_parameters()["Parameters"]]
        self.assertNotIn("/reprise/spotify-client-secret", names)


if __name__ == "__main__":
    unittest.main()
