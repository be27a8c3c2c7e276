"""Every policy rule in infra/rules holds, and every one fails where it is broken.

Run by `tests/bin/aws-guard`, which sees to it that cfn-guard is there.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import template
from faults import REMOVED, Fault, properties, statement

RULES = template.ROOT / "infra/rules"
GUARD = os.environ.get("CFN_GUARD", "cfn-guard")


def inline(role, policy, number, *path):
    """Into a statement of a role with several policies."""
    return properties(role, "Policies", policy, "PolicyDocument", "Statement", number, *path)


def table(*path):
    return properties("Table", *path)


TRUST = properties("DeployRole", "AssumeRolePolicyDocument", "Statement", 0, "Condition", "StringEquals")
SUB = (*TRUST, "token.actions.githubusercontent.com:sub")
SECRET = properties("Web", "Environment", "Variables", "SPOTIFY_CLIENT_SECRET")
ANYTHING = {"Fn::Sub": "repo:${GitHubOwner}/*:ref:refs/heads/${Branch}"}
ANY_TABLE = {"Fn::Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/*"}

# Every rule with what breaks it; where a rule says several things, each of them.
STACK = {
    "what_is_archived_outlives_the_stack": [
        Fault(("Resources", "Table", "DeletionPolicy"), "Delete", ""),
        Fault(("Resources", "Table", "UpdateReplacePolicy"), REMOVED, ""),
    ],
    "nobody_deletes_the_table_by_mistake": [
        Fault(table("DeletionProtectionEnabled"), False, ""),
        Fault(table("DeletionProtectionEnabled"), REMOVED, ""),
    ],
    "the_table_can_be_restored": [
        Fault(table("PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled"), False, ""),
        Fault(table("PointInTimeRecoverySpecification"), REMOVED, ""),
    ],
    "what_expires_is_removed": [Fault(table("TimeToLiveSpecification"), REMOVED, "")],
    "tokens_can_be_opened_after_the_stack": [
        Fault(("Resources", "Key", "DeletionPolicy"), REMOVED, ""),
        Fault(("Resources", "Key", "UpdateReplacePolicy"), "Delete", ""),
        Fault(properties("Key", "PendingWindowInDays"), 7, ""),
    ],
    "the_key_rotates": [
        Fault(properties("Key", "EnableKeyRotation"), False, ""),
        Fault(properties("Key", "EnableKeyRotation"), REMOVED, ""),
    ],
    "logs_do_not_stay_for_ever": [Fault(properties("WebLogs", "RetentionInDays"), REMOVED, "")],
    "functions_log_where_retention_holds": [
        Fault(properties("Web", "LoggingConfig"), REMOVED, ""),
        Fault(properties("Web", "LoggingConfig", "LogFormat"), "Text", ""),
    ],
    "functions_run_on_what_is_supported": [Fault(properties("Web", "Runtime"), "provided.al2", "")],
    "functions_hold_no_secret": [
        Fault(SECRET, "letters", ""),
        Fault((*SECRET[:-1], "SPOTIFY_CLIENT_SECRET_PARAMETER"), {"Ref": "WebhookUrl"}, ""),
    ],
    "rights_are_named": [
        Fault(properties("WebRole", "ManagedPolicyArns"), ["arn:aws:iam::aws:policy/AdministratorAccess"], ""),
        Fault(statement("WebRole", 0, "Action"), "dynamodb:*", ""),
        Fault(statement("WebRole", 0, "Action", 2), "dynamodb:Delete*", ""),
        Fault(statement("WebRole", 0, "Action"), REMOVED, ""),
        Fault(statement("WebRole", 0, "Resource"), "*", ""),
        Fault(statement("WebRole", 0, "Resource"), [ANY_TABLE], ""),
        Fault(statement("WebRole", 0, "Resource"), REMOVED, ""),
    ],
    "roles_can_be_bounded": [Fault(properties("ScheduleRole", "PermissionsBoundary"), REMOVED, "")],
    "the_key_is_used_for_this_deployment_only": [
        Fault(statement("WebRole", 2, "Condition"), REMOVED, ""),
        Fault(statement("WebRole", 2, "Condition", "StringEquals"), {"kms:ViaService": "dynamodb"}, ""),
    ],
    "addresses_say_who_may_ask": [
        Fault(properties("WebUrl", "AuthType"), REMOVED, ""),
        Fault(properties("WebUrl", "AuthType"), "OPEN", ""),
    ],
    "failed_work_ends_in_dead_letters": [
        Fault(properties("ArchiveQueue", "RedrivePolicy"), REMOVED, ""),
        Fault(properties("ArchiveQueue", "RedrivePolicy", "maxReceiveCount"), REMOVED, ""),
        Fault(properties("ArchiveDeadLetters", "MessageRetentionPeriod"), 3600, ""),
    ],
    "messages_are_encrypted": [
        Fault(properties("ArchiveQueue", "SqsManagedSseEnabled"), REMOVED, ""),
        Fault(properties("ArchiveDeadLetters", "SqsManagedSseEnabled"), False, ""),
    ],
    "one_bad_message_fails_alone": [
        Fault(properties("ArchiveWorkerQueue", "FunctionResponseTypes"), REMOVED, ""),
        Fault(properties("ArchiveWorkerQueue", "ScalingConfig"), REMOVED, ""),
    ],
    "ticks_are_not_repeated": [
        Fault(properties("ArchiveDispatcherTick", "Target", "RetryPolicy", "MaximumRetryAttempts"), 3, ""),
        Fault(properties("ArchiveDispatcherTick", "Target", "RetryPolicy"), REMOVED, ""),
    ],
}

CI_ROLE = {
    "one_branch_of_one_repository_deploys": [
        Fault(TRUST, REMOVED, ""),
        Fault((*TRUST, "token.actions.githubusercontent.com:aud"), "everybody", ""),
        Fault(SUB, REMOVED, ""),
        Fault((*SUB, 0), ANYTHING, ""),
        Fault((*SUB, 0), {"Fn::Sub": "repo:${GitHubOwner}/${GitHubRepository}:pull_request"}, ""),
        Fault((*SUB, 1), REMOVED, ""),
        Fault((*SUB, 0), REMOVED, ""),
        Fault((*TRUST[:-1], "StringLike"), {"token.actions.githubusercontent.com:sub": "repo:*"}, ""),
    ],
    "actions_are_named": [
        Fault(inline("CloudFormationRole", 0, 2, "Action"), "lambda:*", ""),
        Fault(inline("DeployRole", 0, 0, "Action", 0), "cloudformation:Create*", ""),
        Fault(properties("Boundary", "PolicyDocument", "Statement", 0, "Action"), "*", ""),
        Fault(properties("DeployRole", "ManagedPolicyArns"), ["arn:aws:iam::aws:policy/AdministratorAccess"], ""),
    ],
    "resources_are_the_stacks": [
        Fault(inline("DeployRole", 0, 0, "Resource"), "*", ""),
        Fault(inline("CloudFormationRole", 2, 0, "Resource"), ANY_TABLE, ""),
        Fault(properties("Boundary", "PolicyDocument", "Statement", 0, "Resource"), ANY_TABLE, ""),
    ],
    "what_is_archived_cannot_be_deleted": [
        Fault(inline("CloudFormationRole", 2, 0, "Action", 0), "dynamodb:DeleteTable", ""),
        Fault(inline("CloudFormationRole", 2, 5, "Action", 0), "kms:ScheduleKeyDeletion", ""),
        Fault(inline("CloudFormationRole", 2, 4, "Action"), "kms:UpdateAlias", ""),
    ],
    "nothing_is_opened_or_read": [
        Fault(inline("CloudFormationRole", 2, 5, "Action", 0), "kms:Decrypt", ""),
        Fault(inline("CloudFormationRole", 2, 0, "Action", 0), "dynamodb:GetItem", ""),
        Fault(inline("DeployRole", 0, 5, "Action"), "ssm:GetParameter", ""),
    ],
    "roles_are_made_within_the_boundary": [
        Fault(inline("CloudFormationRole", 1, 0, "Condition"), REMOVED, ""),
        Fault(inline("CloudFormationRole", 1, 1, "Action", 0), "iam:CreateRole", ""),
        Fault(inline("CloudFormationRole", 1, 1, "Action", 0), "iam:AttachRolePolicy", ""),
    ],
    "roles_are_passed_to_named_services": [
        Fault(inline("CloudFormationRole", 1, 2, "Condition"), REMOVED, ""),
        Fault(inline("DeployRole", 0, 2, "Condition"), REMOVED, ""),
    ],
    "the_stack_cannot_change_who_deploys_it": [
        Fault(properties("DeployRole", "RoleName"), {"Fn::Sub": "${StackName}-deploy"}, ""),
        Fault(properties("CloudFormationRole", "RoleName"), REMOVED, ""),
    ],
    "artefacts_are_private": [
        Fault(properties("Artefacts", "PublicAccessBlockConfiguration", "BlockPublicPolicy"), False, ""),
        Fault(properties("Artefacts", "PublicAccessBlockConfiguration"), REMOVED, ""),
        Fault(properties("Artefacts", "BucketEncryption"), REMOVED, ""),
        Fault(("Resources", "Artefacts", "DeletionPolicy"), REMOVED, ""),
    ],
}


def broken(rules, document):
    """The names of the rules that a document breaks."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(document, file, indent=1)
        file.flush()
        command = [GUARD, "validate", "-d", file.name, "-r", RULES / rules, "-o", "json", "--structured", "-S", "none"]
        ran = subprocess.run(command, capture_output=True, text=True)
    try:
        report = json.loads(ran.stdout)[0]
    except (json.JSONDecodeError, IndexError):
        raise AssertionError(f"cfn-guard could not read {rules}: {ran.stdout} {ran.stderr}") from None
    return [it["Rule"]["name"] for it in report["not_compliant"]], report["not_applicable"]


class Rules:
    """What holds for both files of rules."""

    def test_all_hold(self):
        self.assertEqual(([], []), broken(self.rules, self.document))

    def test_each_is_tried(self):
        written = (RULES / self.rules).read_text(encoding="utf-8")
        self.assertEqual(set(re.findall(r"^rule (\w+)", written, re.MULTILINE)), set(self.faults))

    def test_each_fails_where_it_is_broken(self):
        for rule, faults in self.faults.items():
            for fault in faults:
                with self.subTest(rule, path="/".join(map(str, fault.path)), value=str(fault.value)):
                    self.assertIn(rule, broken(self.rules, fault.planted(self.document))[0])


class Stack(Rules, unittest.TestCase):
    rules = "stack.guard"
    faults = STACK

    @classmethod
    def setUpClass(cls):
        cls.document = template.translate(template.read())


class CiRole(Rules, unittest.TestCase):
    rules = "ci-role.guard"
    faults = CI_ROLE

    @classmethod
    def setUpClass(cls):
        cls.document = template.read(template.ROOT / "infra/ci-role.yaml")


if __name__ == "__main__":
    unittest.main()
