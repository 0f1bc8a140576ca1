"""The manifests as read, and what several rules ask of them."""

import dataclasses
import pathlib

import yaml

WORKLOADS = ("Deployment", "StatefulSet", "Job")


@dataclasses.dataclass
class Finding:
    """What is wrong, and where."""

    place: str
    text: str

    def __str__(self):
        return f"{self.place}: {self.text}"


class Manifests:
    """Every object of a folder's files."""

    def __init__(self, objects):
        self.objects = objects

    @classmethod
    def read(cls, folder):
        objects = []
        for path in sorted(pathlib.Path(folder).rglob("*.yaml")):
            for document in yaml.safe_load_all(path.read_text()):
                if (
                    not isinstance(document, dict)
                    or "kind" not in document
                    or "name" not in document.get("metadata", {})
                ):
                    raise SystemExit(f"{path} has something that is no object of Kubernetes")
                objects.append(document)
        if not objects:
            raise SystemExit(f"{folder} has no manifests")
        return cls(objects)

    def of(self, *kinds):
        return [each for each in self.objects if each["kind"] in kinds]

    def named(self, kind, name):
        return next((each for each in self.of(kind) if each["metadata"]["name"] == name), None)

    def workloads(self):
        return self.of(*WORKLOADS)

    def selected(self, selector):
        """The workloads whose pods a selector finds."""
        return [each for each in self.workloads() if matches(selector, template(each)["metadata"].get("labels", {}))]


def place(each):
    return f"{each['kind']} {each['metadata']['name']}"


def template(workload):
    return workload["spec"]["template"]


def pod(workload):
    return template(workload)["spec"]


def containers(workload):
    return pod(workload).get("initContainers", []) + pod(workload)["containers"]


def ports(workload):
    """Name (or None), number and protocol of every port that the containers declare."""
    return [
        (each.get("name"), each["containerPort"], each.get("protocol", "TCP"))
        for container in containers(workload)
        for each in container.get("ports", [])
    ]


def matches(selector, labels):
    """A LabelSelector: `matchLabels` and `matchExpressions`, or a Service's plain mapping."""
    if not ({"matchLabels", "matchExpressions"} & set(selector)) and selector:
        selector = {"matchLabels": selector}
    for key, value in selector.get("matchLabels", {}).items():
        if labels.get(key) != value:
            return False
    for each in selector.get("matchExpressions", []):
        held = labels.get(each["key"])
        if not {
            "In": held in each.get("values", []),
            "NotIn": held not in each.get("values", []),
            "Exists": held is not None,
            "DoesNotExist": held is None,
        }[each["operator"]]:
            return False
    return True


def arguments(container):
    """Options of a container's command as a mapping: `--name=value` and `--name value`."""
    words, options = container.get("command", []) + container.get("args", []), {}
    for index, word in enumerate(words):
        if word.startswith("--"):
            name, _, value = word.partition("=")
            following = words[index + 1] if index + 1 < len(words) else ""
            options[name] = value or ("" if following.startswith("--") else following)
    return options
