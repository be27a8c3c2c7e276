"""The template is right, and what is wrong with a wrong one is said."""

import json
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

import checks
import template
from faults import FAULTS

SAM = Path(sys.executable).with_name("sam")
# Not written down anywhere by sam, and asked for nowhere else.
QUIET = {"AWS_DEFAULT_REGION": template.REGION, "SAM_CLI_TELEMETRY": "0"}


class TheTemplate(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.written = template.read()
        cls.translated = template.translate(cls.written)

    def test_nothing_is_wrong_with_it(self):
        self.assertEqual([], list(template.findings(self.written)))

    def test_sam_accepts_it(self):
        # Without --lint sam looks into events and policies, with it at everything else: neither sees all.
        for arguments in ([], ["--lint"]):
            with self.subTest(arguments):
                ran = subprocess.run(
                    [SAM, "validate", *arguments],
                    cwd=template.ROOT,
                    env=os.environ | QUIET,
                    capture_output=True,
                    text=True,
                )
                self.assertEqual(0, ran.returncode, ran.stdout + ran.stderr)

    def test_every_parameter_but_the_client_id_has_a_default_and_says_what_it_is(self):
        for name, parameter in self.written["Parameters"].items():
            with self.subTest(name):
                self.assertGreater(len(parameter["Description"]), 20)
                self.assertEqual(name != "SpotifyClientId", "Default" in parameter)

    def test_every_parameter_is_shown_in_a_group(self):
        shown = self.written["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        self.assertEqual(
            sorted(self.written["Parameters"]), sorted(name for group in shown for name in group["Parameters"])
        )

    def test_a_new_account_can_run_it(self):
        # Ten functions at once is all it may, and some of them must stay unreserved.
        self.assertEqual("", self.written["Parameters"]["WebReservedConcurrency"]["Default"])
        self.assertEqual(2, self.written["Parameters"]["WorkerConcurrency"]["Default"])

    def test_provisioned_capacity_is_free_by_default(self):
        for verb in ("Read", "Write"):
            units = [self.written["Parameters"][f"{of}{verb}Units"]["Default"] for of in ("Table", "Due", "List")]
            self.assertEqual(25, sum(units))

    def test_the_table_is_the_one_that_the_store_expects(self):
        keys = (template.ROOT / "crates/aws/src/store/keys.rs").read_text(encoding="utf-8")
        expected = dict(re.findall(r'const (PK|SK|TTL|DUE\w*|LIST\w*|PLACE): &str = "(\w+)"', keys))
        table = self.written["Resources"]["Table"]["Properties"]

        def schema(of):
            return [it["AttributeName"] for it in of["KeySchema"]]

        self.assertEqual([expected["PK"], expected["SK"]], schema(table))
        self.assertEqual(
            {
                expected["DUE_INDEX"]: [expected["DUE"], expected["DUE_AT"]],
                expected["LIST_INDEX"]: [expected["LIST"], expected["PLACE"]],
            },
            {it["IndexName"]: schema(it) for it in table["GlobalSecondaryIndexes"]},
        )
        self.assertEqual(expected["TTL"], table["TimeToLiveSpecification"]["AttributeName"])

    def test_alarms_and_metrics_stay_within_what_is_free(self):
        self.assertLessEqual(len(checks.of_type(self.translated, "CloudWatch::Alarm")), 10)
        drawn = self.drawn()
        self.assertLessEqual(len(drawn), 50)
        self.assertLessEqual(len({metric[1] for metric in drawn if metric[0] == "Reprise"}), 10)

    def drawn(self):
        """The dashboard's metrics, each as namespace and name."""
        found, before = [], ()
        body = self.translated["Resources"]["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"]
        for widget in json.loads(body)["widgets"]:
            for metric in widget["properties"].get("metrics", []):
                # "." stands for what the metric before has there, "..." for all that is not said.
                full = before[:2] if metric[0] == "..." else [
                    before[at] if part == "." else part for at, part in enumerate(metric[:2])
                ]
                found.append(tuple(full))
                before = full
        return found

    def test_the_dashboard_shows_every_metric_of_ours(self):
        shown = {name for namespace, name in self.drawn() if namespace == "Reprise"}
        self.assertEqual(
            {"WeeksMissing", "QuotaLockouts", "ReconsentDue", "RunsFailed", "RunsDone", "SpotifyCalls"}, shown
        )

    def test_copies_age_out_as_the_page_for_leaving_promises(self):
        page = template.ROOT / "crates/web/src/routes/settings/disconnect.rs"
        promised = dict(re.findall(r'\("(Backups|Logs)[^"]*", (\d+)\)', page.read_text(encoding="utf-8")))
        self.assertEqual({"Backups", "Logs"}, set(promised))
        self.assertLessEqual(self.written["Parameters"]["BackupDays"]["MaxValue"], int(promised["Backups"]))
        self.assertLessEqual(max(self.written["Parameters"]["LogDays"]["AllowedValues"]), int(promised["Logs"]))

    def test_the_outputs_an_operator_needs_are_there(self):
        outputs = self.written["Outputs"]
        for name in ("SiteUrl", "RedirectUri", "FirstSignUpLink", "TableName", "KeyArn", "DeadLettersUrl"):
            self.assertIn(name, outputs)
        self.assertIn("/auth/spotify/callback", str(outputs["RedirectUri"]["Value"]))


class Faults(unittest.TestCase):
    def test_each_is_found(self):
        written = template.read()
        for fault in FAULTS:
            with self.subTest(path="/".join(map(str, fault.path)), value=str(fault.value)):
                found = []
                for what in template.findings(fault.planted(written)):
                    found.append(what)
                    if fault.said in what:
                        break
                else:
                    self.fail(f"{fault.said!r} is not in {found}")


if __name__ == "__main__":
    unittest.main()
