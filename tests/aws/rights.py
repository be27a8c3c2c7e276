"""What the roles of a translated template may do, and which of it is too much."""

# In a key's own policy the resource is the key, written "*".
KEY = "AWS::KMS::Key"
# Uses of a key, as opposed to looking after it.
KEY_USES = {"kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:ReEncryptFrom", "kms:ReEncryptTo"}
CONTEXT = "kms:EncryptionContext:deployment"


def listed(value):
    """A policy's element, which may stand alone, as a list."""
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def statements(template):
    """Every statement that allows or denies, with the resource that carries it and whether it is a key."""
    for name, resource in template["Resources"].items():
        properties = resource.get("Properties", {})
        documents = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
        documents += [properties[key] for key in ("PolicyDocument", "KeyPolicy") if key in properties]
        for document in documents:
            for statement in document["Statement"]:
                yield name, resource["Type"] == KEY, statement


def granted(template):
    """Each role with the actions it is allowed."""
    found = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == "AWS::IAM::Role":
            found[name] = set()
    for name, _, statement in statements(template):
        if name in found and statement["Effect"] == "Allow":
            found[name].update(listed(statement["Action"]))
    return found


def problems(template):
    """What is too much, or says less than it seems to."""
    for name, resource in template["Resources"].items():
        if resource.get("Properties", {}).get("ManagedPolicyArns"):
            yield f"{name}: a managed policy allows more than it is needed for; name actions and resources"
    for name, is_key, statement in statements(template):
        where = f"{name}, {statement.get('Sid', 'a statement without a name')}"
        for negated in ("NotAction", "NotResource", "NotPrincipal"):
            if negated in statement:
                yield f"{where}: {negated} allows what nobody listed"
        actions = listed(statement.get("Action"))
        for action in actions:
            if "*" in action or "?" in action:
                yield f"{where}: {action} names more than one action"
        for resource in listed(statement.get("Resource")):
            if _is_open(resource) and not is_key:
                yield f"{where}: {_text(resource)} names more than one resource"
        if KEY_USES.intersection(actions) and CONTEXT not in _equals(statement):
            yield f"{where}: the key is used without {CONTEXT}"


def _equals(statement):
    return statement.get("Condition", {}).get("StringEquals", {})


def _text(resource):
    """A resource as far as it is written out."""
    if isinstance(resource, dict) and "Fn::Sub" in resource:
        text = resource["Fn::Sub"]
        return text if isinstance(text, str) else text[0]
    return resource if isinstance(resource, str) else ""


def _is_open(resource):
    return "*" in _text(resource) or "?" in _text(resource)
