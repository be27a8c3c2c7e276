"""What GitHub's workflow may do and does: take the role on, deploy, try, and go back.

Run by `tests/bin/aws-deploy`, which builds the function and says where it is (REPRISE_LAMBDA).
"""

import base64
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from botocore.exceptions import ClientError
from stack import COMMANDS, ROOT, Emulator, Stack

REPOSITORY = ("GitHubOwner=octo", "GitHubRepository=reprise", "GitHubOwnerId=12", "GitHubRepositoryId=34")
BRANCH = "repo:octo@12/reprise@34:ref:refs/heads/main"


def token(subject, audience="sts.amazonaws.com"):
    """A token as GitHub makes them; the emulator reads what it says and takes the signature on trust."""
    claims = {"iss": "https://token.actions.githubusercontent.com", "aud": audience, "sub": subject}
    parts = [base64.urlsafe_b64encode(json.dumps(it).encode()).rstrip(b"=") for it in ({"alg": "RS256"}, claims)]
    return b".".join([*parts, b"c2lnbmVk"]).decode()


class Ci(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.emulator = Emulator().__enter__()
        cls.addClassCleanup(cls.emulator.__exit__)
        cls.environment = os.environ | cls.emulator.environment
        cls.run_quietly(
            [COMMANDS / "aws", "cloudformation", "deploy", "--stack-name", "ci-of-reprise"]
            + ["--template-file", ROOT / "infra/ci-role.yaml", "--capabilities", "CAPABILITY_NAMED_IAM"]
            + ["--parameter-overrides", *REPOSITORY]
        )
        described = cls.emulator.client("cloudformation").describe_stacks(StackName="ci-of-reprise")["Stacks"][0]
        cls.outputs = {it["OutputKey"]: it["OutputValue"] for it in described["Outputs"]}
        cls.stack = Stack(cls.emulator)
        cls.stack.put_secret("letters")

    @classmethod
    def run_quietly(cls, command, **options):
        ran = subprocess.run(command, env=cls.environment, capture_output=True, text=True, **options)
        if ran.returncode != 0:
            raise AssertionError(f"{command[:4]} failed:\n{ran.stdout[-4000:]}\n{ran.stderr[-4000:]}")
        return ran.stdout

    def take_on(self, subject, audience="sts.amazonaws.com"):
        """Credentials of the deploy role for who a token says it is."""
        return self.emulator.client("sts").assume_role_with_web_identity(
            RoleArn=self.outputs["DeployRoleArn"],
            RoleSessionName="deploy",
            WebIdentityToken=token(subject, audience),
        )["Credentials"]

    def test_only_the_branch_takes_the_role_on_in_both_of_its_names(self):
        for subject in (BRANCH, "repo:octo/reprise:ref:refs/heads/main"):
            self.take_on(subject)
        others = (
            "repo:octo/reprise:pull_request",
            "repo:octo/reprise:ref:refs/heads/other",
            "repo:octo/reprise:ref:refs/heads/main2",
            "repo:octo@12/reprise@35:ref:refs/heads/main",
            "repo:octo@13/reprise@34:ref:refs/heads/main",
            "repo:evil/reprise:ref:refs/heads/main",
            "repo:octo/reprise:environment:main",
        )
        for subject in others:
            with self.subTest(subject), self.assertRaises(ClientError):
                self.take_on(subject)
        with self.assertRaises(ClientError):
            self.take_on(BRANCH, audience="somebody.else")

    def test_a_release_that_does_not_answer_goes_back_to_the_commit_before(self):
        checkout = self.checkout()
        shutil.copy(os.environ["REPRISE_LAMBDA"], checkout / "bootstrap")
        good = self.commit(checkout)
        said, code = self.release(checkout)
        self.assertEqual(0, code, said)
        self.assertIn(f"answers, of commit {good}", said)
        self.assertEqual(b"ok\n", self.stack.ask("/health").body)

        (checkout / "bootstrap").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
        bad = self.commit(checkout)
        said, code = self.release(checkout)
        self.assertEqual(1, code, said)
        self.assertIn(f"{good} answers again; {bad} was NOT released", said)
        self.stack.read()
        self.assertEqual(good, self.stack.outputs["Commit"])
        self.assertEqual(b"ok\n", self.stack.ask("/health").body)
        self.assertEqual([], list(self.refused_to_ci()))

    def checkout(self):
        """A repository of what a deployment needs, whose program is built already."""
        folder = tempfile.TemporaryDirectory(prefix="release-")
        self.addCleanup(folder.cleanup)
        root = Path(folder.name)
        for name in ("template.yaml", "samconfig.toml"):
            shutil.copy(ROOT / name, root / name)
        shutil.copytree(ROOT / "infra", root / "infra", ignore=shutil.ignore_patterns("__pycache__"))
        (root / "target").mkdir()
        # The tools, and a place for what is built that is not everybody's.
        (root / "target/aws").mkdir()
        for name in ("sam", "sam.lock"):
            (root / "target/aws" / name).symlink_to(ROOT / "target/aws" / name)
        (root / ".gitignore").write_text("/target\n", encoding="utf-8")
        self.run_quietly(["git", "init", "--quiet", root])
        return root

    def commit(self, root):
        """Commits everything, as nobody in particular; answers the commit."""
        self.run_quietly(["git", "-C", root, "add", "--all"])
        nobody = ["-c", "user.name=nobody", "-c", "user.email=nobody@example.org", "-c", "commit.gpgsign=false"]
        self.run_quietly(["git", "-C", root, *nobody, "commit", "--quiet", "--message", "Try"])
        return self.run_quietly(["git", "-C", root, "rev-parse", "HEAD"]).strip()

    def release(self, root):
        """Runs what the workflow runs, as who it runs as; answers what it said, and its exit code."""
        taken = self.take_on(BRANCH)
        environment = self.environment | {
            "AWS_ACCESS_KEY_ID": taken["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": taken["SecretAccessKey"],
            "AWS_SESSION_TOKEN": taken["SessionToken"],
            "ARCHITECTURE": "x86_64",
            # Of each commit its own.
            "BOOTSTRAP": "bootstrap",
            "BUCKET": self.outputs["ArtefactsBucket"],
            "ROLE": self.outputs["CloudFormationRoleArn"],
            "PARAMETERS": f"SpotifyClientId=abc PermissionsBoundary={self.outputs['BoundaryArn']}",
        }
        ran = subprocess.run(
            [root / "infra/bin/release"],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        if ran.returncode == 0:
            self.stack.read()
        return ran.stdout, ran.returncode

    def refused_to_ci(self):
        """What the deploy role asked for in vain, apart from a look at the secret, which it need not have."""
        for line in self.emulator.rights.read_text(encoding="utf-8").splitlines():
            it = json.loads(line)
            if "/ci-reprise-deploy/" in it["who"] and not it["allowed"] and it["action"] != "ssm:GetParameter":
                yield it["action"], it["resource"]


if __name__ == "__main__":
    unittest.main()
