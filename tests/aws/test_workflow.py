"""The workflow that deploys asks for no more than it needs, and the scripts that it runs can be read."""

import re
import subprocess
import unittest

import template
import yaml

FLOW = template.ROOT / ".github/workflows/deploy.yml"


class Workflow(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.text = FLOW.read_text(encoding="utf-8")
        cls.flow = yaml.safe_load(cls.text)
        cls.job = cls.flow["jobs"]["deploy"]

    def test_it_may_read_the_code_and_ask_for_a_token_and_nothing_else(self):
        self.assertEqual({}, self.flow["permissions"])
        self.assertEqual({"contents": "read", "id-token": "write"}, self.job["permissions"])
        self.assertEqual(["deploy"], list(self.flow["jobs"]))
        self.assertNotIn("secrets.", self.text)

    def test_deployments_neither_overlap_nor_are_cut_off(self):
        self.assertEqual("deploy", self.flow["concurrency"]["group"])
        self.assertIs(False, self.flow["concurrency"]["cancel-in-progress"])

    def test_actions_are_pinned_to_a_major(self):
        for step in self.job["steps"]:
            if "uses" in step:
                self.assertRegex(step["uses"], r"^[\w-]+/[\w-]+@v\d+$")

    def test_what_others_may_write_is_in_no_command(self):
        for step in self.job["steps"]:
            self.assertNotIn("${{", step.get("run", ""))

    def test_only_this_repositorys_own_main_is_deployed(self):
        for needed in ("head_repository.full_name == github.repository", "refs/heads/main", "conclusion == 'success'"):
            self.assertIn(needed, self.job["if"])

    def test_a_commit_to_go_back_to_is_fetched_and_gone_back_to(self):
        checkout = self.job["steps"][0]
        self.assertEqual(0, checkout["with"]["fetch-depth"])
        self.assertEqual("infra/bin/release", self.job["steps"][-1]["run"])

    def test_it_hands_on_what_the_role_for_ci_gives(self):
        outputs = template.read(template.ROOT / "infra/ci-role.yaml")["Outputs"]
        named = {re.search(r"AWS_\w+", it["Description"])[0] for it in outputs.values() if "AWS_" in it["Description"]}
        self.assertEqual(named, set(re.findall(r"vars\.(AWS_\w+)", self.text)) - {"AWS_REGION", "AWS_STACK"})


class Scripts(unittest.TestCase):
    def test_they_can_be_read_and_stop_at_the_first_failure(self):
        for script in sorted((template.ROOT / "infra/bin").iterdir()):
            with self.subTest(script.name):
                self.assertIn("set -euo pipefail", script.read_text(encoding="utf-8"))
                self.assertTrue(script.stat().st_mode & 0o111)
                ran = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
                self.assertEqual(0, ran.returncode, ran.stderr)


if __name__ == "__main__":
    unittest.main()
