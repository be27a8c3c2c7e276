"""Deployments other than the page's own: under a name of one's own, on provisioned capacity, and not at all.

Run by `tests/bin/aws-deploy`, which builds the function and says where it is (REPRISE_LAMBDA).
"""

import http.client
import os
import subprocess
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import template
import up
from stack import ROOT, Emulator, Stack

NAME = "music.example.org"
NOBODY = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_EC2_METADATA_DISABLED": "true"}


class Variants(unittest.TestCase):
    def setUp(self):
        self.emulator = Emulator().__enter__()
        self.addCleanup(self.emulator.__exit__)
        self.stack = Stack(self.emulator)

    def deploy(self, **parameters):
        return self.stack.deploy(os.environ["REPRISE_LAMBDA"], **parameters)

    def test_a_name_of_ones_own_leads_to_the_pages_and_back(self):
        client = self.emulator.client
        self.stack.put_secret("letters")
        certificate = client("acm").request_certificate(DomainName=NAME)["CertificateArn"]
        zone = client("route53").create_hosted_zone(Name="example.org", CallerReference="once")["HostedZone"]["Id"]
        zone = zone.rpartition("/")[2]
        outputs = self.deploy(
            SpotifyClientId="abc", DomainName=NAME, CertificateArn=certificate, HostedZoneId=zone
        )
        self.assertEqual(f"https://{NAME}", outputs["SiteUrl"])
        self.assertEqual(f"https://{NAME}/auth/spotify/callback", outputs["RedirectUri"])
        self.assertNotIn("WebUrl", self.stack.resources)
        records = client("route53").list_resource_record_sets(HostedZoneId=zone)["ResourceRecordSets"]
        pointed = [it["AliasTarget"]["DNSName"] for it in records if it["Name"] == f"{NAME}."]
        self.assertEqual([outputs["PointDomainHere"] + "."], pointed)
        self.assertEqual(200, self.status_under(NAME))

        outputs = self.deploy(DomainName="", CertificateArn="", HostedZoneId="")
        self.assertIn(".lambda-url.", outputs["SiteUrl"])
        self.assertEqual(b"ok\n", self.stack.ask("/health").body)

    def status_under(self, host):
        """What the front page answers under another host name."""
        connection = http.client.HTTPConnection("127.0.0.1", self.emulator.port, timeout=60)
        try:
            connection.request("GET", "/", headers={"Host": host})
            return connection.getresponse().status
        finally:
            connection.close()

    def test_capacity_can_be_provisioned(self):
        self.stack.put_secret("letters")
        outputs = self.deploy(SpotifyClientId="abc", TableBilling="PROVISIONED")
        table = self.emulator.client("dynamodb").describe_table(TableName=outputs["TableName"])["Table"]
        units = [table["ProvisionedThroughput"]] + [it["ProvisionedThroughput"] for it in table["GlobalSecondaryIndexes"]]
        self.assertEqual(25, sum(int(it["ReadCapacityUnits"]) for it in units))
        self.assertEqual(25, sum(int(it["WriteCapacityUnits"]) for it in units))

    def test_a_role_that_lacks_a_right_is_refused_and_named(self):
        self.stack.put_secret("letters")
        right = "ssm:GetParameter"
        self.deploy(written=up.without(template.read(), f"WebRole:{right}"), SpotifyClientId="abc")
        self.assertNotEqual(200, self.stack.ask("/").status)
        self.assertEqual({("WebRole", right)}, {(role, action) for role, action, _ in self.stack.denied()})

    def test_what_is_missing_is_said_before_anything_is_built(self):
        self.refused("the app's client id must be given")
        self.refused("the client secret is not there", PARAMETERS="SpotifyClientId=abc")
        self.refused("which is no Name=Value", PARAMETERS="SpotifyClientId")
        self.emulator.client("ssm").put_parameter(Name="/reprise/plain", Value="letters", Type="String")
        plain = "SpotifyClientId=abc SpotifyClientSecretParameter=/reprise/plain"
        self.refused("which is not encrypted", PARAMETERS=plain)
        self.refused("there are no AWS credentials", **NOBODY)
        self.refused("no AWS region is chosen", AWS_DEFAULT_REGION="")
        self.refused("AWS could not be asked", AWS_ENDPOINT_URL="http://127.0.0.1:9", AWS_MAX_ATTEMPTS="1")
        self.assertEqual([], self.emulator.client("cloudformation").describe_stacks()["Stacks"])

    def refused(self, why, **environment):
        """`make deploy` fails for this reason, having built nothing."""
        nothing = {"BOOTSTRAP": "/nowhere", "ARCHITECTURE": "x86_64"}
        ran = subprocess.run(
            ["make", "--silent", "deploy"],
            cwd=ROOT,
            env=os.environ | self.emulator.environment | nothing | environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )
        with self.subTest(why):
            self.assertNotEqual(0, ran.returncode)
            self.assertIn(why, ran.stderr)


if __name__ == "__main__":
    unittest.main()
