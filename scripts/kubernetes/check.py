"""Validates the manifests: check.py FOLDER [--programs DIR]

Against the schemas of Kubernetes, strictly, for each version below; then by our own rules (rules.py). With --programs every
option that a container gives to one of our programs has to be known to it. First the check is checked: each of the broken
manifests of broken.py has to be found.
"""

import copy
import json
import re
import subprocess
import sys

import kubernetes_validate

import broken
import rules
from manifests import Finding, Manifests, containers, place

# The oldest that has what the manifests use (preStop with sleep, evictions of what is not ready), and the newest known.
VERSIONS = ("1.30", kubernetes_validate.latest_version())


# Objects that keep the schemas: most of the broken manifests are those that were read.
kept = set()


def schemas(manifests):
    for each in manifests.objects:
        text = json.dumps(each, sort_keys=True)
        if text in kept:
            continue
        kept.add(text)
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(each, version, strict=True)
            except (kubernetes_validate.ValidationError, kubernetes_validate.SchemaNotFoundError) as error:
                kept.discard(text)
                path = ".".join(str(part) for part in getattr(error, "absolute_path", []))
                yield Finding(f"{place(each)} ({version})", f"{path} {error.message}".strip())


def findings(manifests):
    """By the rules only where the schema is kept: they rely on the shape."""
    found = list(schemas(manifests))
    return found or [finding for rule in rules.ALL for finding in rule(manifests)]


def options(manifests, programs):
    """Every option of our programs' command lines stands in their help."""
    for workload in manifests.workloads():
        for container in containers(workload):
            lines = [container.get("command", []) + container.get("args", [])]
            lines += [
                container[name]["exec"]["command"]
                for name in container
                if "exec" in (container[name] or {}) and name.endswith("Probe")
            ]
            for words in lines:
                if not words or not words[0].startswith("/usr/bin/estuary"):
                    continue
                program = words[0].removeprefix("/usr/bin/")
                help = subprocess.run([f"{programs}/{program}", words[1], "--help"], capture_output=True, text=True)
                if help.returncode != 0:
                    yield Finding(place(workload), f"{program} {words[1]}: {help.stderr.strip()}")
                for word in words[2:]:
                    name = word.partition("=")[0]
                    if name.startswith("--") and not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", help.stdout):
                        yield Finding(place(workload), f"{program} {words[1]} knows no {name}")


def main(arguments):
    programs = None
    if len(arguments) == 3 and arguments[1] == "--programs":
        programs = arguments[2]
    elif len(arguments) != 1:
        sys.exit(__doc__)
    manifests = Manifests.read(arguments[0])
    found = findings(manifests)
    if programs:
        found += options(manifests, programs)
    for finding in found:
        print(f"✘ {finding}")
    missed = 0
    if not found:
        for name, change, expected in broken.ALL:
            changed = Manifests(copy.deepcopy(manifests.objects))
            change(changed)
            told = [str(finding) for finding in findings(changed)]
            if not any(expected in text for text in told):
                missed += 1
                print(f"✘ not noticed: {name} (expected «{expected}», found {told})")
    print(
        f"{len(manifests.objects)} objects, Kubernetes {' and '.join(VERSIONS)}, {len(broken.ALL) if not found else 0} broken ones tried"
    )
    if found or missed:
        sys.exit(1)


main(sys.argv[1:])
