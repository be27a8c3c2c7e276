"""Reads template.yaml, turns it into what CloudFormation sees, and says what is wrong with it."""

import copy
import json
import logging
import os
from pathlib import Path

from cfnlint.api import lint
from cfnlint.config import ManualArgs
from samtranslator.model.exceptions import InvalidDocumentException
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

import checks

ROOT = Path(__file__).resolve().parents[2]
REGION = "us-east-1"

# It complains that nobody collects its own figures.
logging.getLogger("samtranslator.metrics.metrics").setLevel(logging.ERROR)

# Where sam would have put the built code; the translator wants an address in S3.
UPLOADED = "s3://artefacts/function"


def read(path=ROOT / "template.yaml"):
    """A template as written, with its short-hand tags resolved."""
    return yaml_parse(Path(path).read_text(encoding="utf-8"))


class NoManagedPolicies:
    """The template names none, so nobody need be asked for them."""

    @staticmethod
    def load():
        return {}


def translate(template):
    """What CloudFormation is given after the serverless transform."""
    # Asked for before a region can be configured, and nothing but a name here.
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    source = copy.deepcopy(template)
    if "Globals" in source:
        source["Globals"]["Function"]["CodeUri"] = UPLOADED
    return transform(source, {}, NoManagedPolicies)


def findings(template):
    """Everything wrong with a template, each as "who: what"; nothing for a good one.

    Comes as it is found, our own checks first: whoever looks for one thing need not wait for the linter.
    """
    try:
        translated = translate(template)
    except InvalidDocumentException as error:
        yield from (f"sam: {cause.message}" for cause in error.causes)
        return
    yield from (f"reprise: {what}" for what in checks.all_of(translated))
    # With indents: the linter names lines.
    matches = lint(json.dumps(translated, indent=1), config=ManualArgs(regions=[REGION]))
    yield from (f"{match.rule.id}: {match.message}" for match in matches)
