"""The role that CI deploys with: right in itself, and enough for what template.yaml makes."""

import fnmatch
import json
import re
import unittest

import rights
import template
from cfnlint.api import lint
from cfnlint.config import ManualArgs

# What CloudFormation calls each kind of resource's service, where IAM calls it otherwise.
SERVICES = {"ApiGatewayV2": "apigateway", "Logs": "logs", "CloudWatch": "cloudwatch", "Serverless": "lambda"}


class CiRole(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.document = template.read(template.ROOT / "infra/ci-role.yaml")
        cls.stack = template.translate(template.read())

    def test_nothing_is_wrong_with_it(self):
        found = lint(json.dumps(self.document, indent=1), config=ManualArgs(regions=[template.REGION]))
        self.assertEqual([], [f"{match.rule.id}: {match.message}" for match in found])

    def test_both_forms_in_which_a_branch_names_itself_are_trusted(self):
        condition = self.document["Resources"]["DeployRole"]["Properties"]["AssumeRolePolicyDocument"]
        equal = condition["Statement"][0]["Condition"]["StringEquals"]
        values = {
            "GitHubOwner": "octo",
            "GitHubOwnerId": "12",
            "GitHubRepository": "reprise",
            "GitHubRepositoryId": "34",
            "Branch": "main",
        }
        trusted = [
            re.sub(r"\$\{(\w+)\}", lambda name: values[name[1]], it["Fn::Sub"])
            for it in equal["token.actions.githubusercontent.com:sub"]
        ]
        self.assertEqual(
            ["repo:octo/reprise:ref:refs/heads/main", "repo:octo@12/reprise@34:ref:refs/heads/main"], trusted
        )

    def test_the_boundary_holds_what_the_stacks_roles_are_allowed(self):
        bounded = set()
        for name, _, statement in rights.statements(self.document):
            if name == "Boundary":
                bounded.update(rights.listed(statement["Action"]))
        for role, actions in rights.granted(self.stack).items():
            with self.subTest(role):
                self.assertEqual(set(), actions - bounded)

    def test_cloudformation_reaches_every_service_that_the_stack_uses(self):
        allowed = set()
        for name, _, statement in rights.statements(self.document):
            if name in ("CloudFormationRole", "DomainPolicy", "ZonePolicy"):
                allowed.update(rights.listed(statement["Action"]))
        for name, resource in self.stack["Resources"].items():
            service = resource["Type"].split("::")[1]
            service = SERVICES.get(service, service.lower())
            with self.subTest(name):
                self.assertTrue(fnmatch.filter(allowed, f"{service}:*"), f"no action of {service} is allowed")


if __name__ == "__main__":
    unittest.main()
