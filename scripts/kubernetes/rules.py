"""What no schema says: that the manifests fit together, and give each pod no more than it needs."""

import re

from manifests import Finding, arguments, containers, matches, place, pod, ports, template

# Which workload may have which claim, secret or map: each process sees the key material of its own alone.
MOUNTS = {
    "PersistentVolumeClaim state-signer-0": {"signer", "init"},
    "PersistentVolumeClaim state-auditor-0": {"auditor", "init"},
    "PersistentVolumeClaim handover": {"init"},
    "Secret frontend-invitation": {"frontend"},
    # Nothing in it is secret.
    "ConfigMap public": {"auditor"},
}

# Who may connect to whom; `*` is anybody, other namespaces are named by their label.
CONNECTIONS = {
    ("*", "frontend", 8443),
    ("frontend", "signer", 7601),
    ("frontend", "auditor", 7602),
    ("signer", "auditor", 7602),
    ("estuary-access=monitoring", "frontend", 9101),
    ("estuary-access=monitoring", "signer", 9100),
    ("estuary-access=monitoring", "auditor", 9102),
    ("estuary-access=operators", "auditor", 8480),
}


def names(manifests):
    seen = set()
    for each in manifests.objects:
        if place(each) in seen:
            yield Finding(place(each), "is there twice")
        seen.add(place(each))
        if each["kind"] != "Namespace" and each["metadata"].get("namespace") != "estuary":
            yield Finding(place(each), "is not in the namespace estuary")
    namespace = manifests.named("Namespace", "estuary")
    labels = namespace["metadata"].get("labels", {}) if namespace else {}
    if labels.get("pod-security.kubernetes.io/enforce") != "restricted":
        yield Finding("Namespace estuary", "does not enforce the restricted pod security standard")


def selectors(manifests):
    for each in manifests.of("Deployment", "StatefulSet"):
        if not matches(each["spec"]["selector"], template(each)["metadata"].get("labels", {})):
            yield Finding(place(each), "does not select its own pods")
        if each["kind"] == "StatefulSet":
            if each["spec"].get("replicas") != 1:
                yield Finding(place(each), "has to have exactly one replica")
            if not manifests.named("Service", each["spec"]["serviceName"]):
                yield Finding(place(each), f"its service {each['spec']['serviceName']} is not there")
    for each in manifests.of("Service"):
        found = manifests.selected(each["spec"]["selector"])
        if len(found) != 1:
            yield Finding(place(each), f"selects the pods of {len(found)} workloads, not of one")
        for port in each["spec"]["ports"]:
            target = port.get("targetPort", port["port"])
            if not any(target in (name, number) for workload in found for name, number, _ in ports(workload)):
                yield Finding(place(each), f"its port {target} is no pod's")
    for each in manifests.of("PodDisruptionBudget"):
        found = manifests.selected(each["spec"]["selector"])
        if [workload["kind"] for workload in found] != ["Deployment"]:
            yield Finding(place(each), "does not select the pods of one deployment")
    for each in manifests.of("HorizontalPodAutoscaler"):
        target = each["spec"]["scaleTargetRef"]
        workload = manifests.named(target["kind"], target["name"])
        if not workload:
            yield Finding(place(each), f"{target['kind']} {target['name']} is not there")
        elif "replicas" in workload["spec"]:
            yield Finding(place(workload), "sets replicas, which its autoscaler decides")
        if not 2 <= each["spec"].get("minReplicas", 1) < each["spec"]["maxReplicas"]:
            yield Finding(place(each), "needs at least two replicas, and room for more")


def pods(manifests):
    for workload in manifests.workloads():
        spec, security = pod(workload), pod(workload).get("securityContext", {})
        if not security.get("runAsNonRoot") or not security.get("runAsUser"):
            yield Finding(place(workload), "its pods have to run as a user that is not root")
        if security.get("seccompProfile") != {"type": "RuntimeDefault"}:
            yield Finding(place(workload), "its pods have no seccomp profile")
        if "fsGroup" in security and security.get("fsGroupChangePolicy") != "OnRootMismatch":
            yield Finding(place(workload), "its key files would be opened to the group: fsGroupChangePolicy")
        if spec.get("automountServiceAccountToken") is not False:
            yield Finding(place(workload), "its pods get a token of the API server")
        if not manifests.named("ServiceAccount", spec.get("serviceAccountName", "default")):
            yield Finding(place(workload), "its service account is not there")
        for container in containers(workload):
            where = f"{place(workload)}, container {container['name']}"
            limits = container.get("securityContext", {})
            if limits.get("allowPrivilegeEscalation") is not False or not limits.get("readOnlyRootFilesystem"):
                yield Finding(where, "may gain rights, or write to its image")
            if limits.get("capabilities", {}).get("drop") != ["ALL"] or limits["capabilities"].get("add"):
                yield Finding(where, "keeps capabilities")
            resources = container.get("resources", {})
            if not {"cpu", "memory"} <= set(resources.get("requests", {})) or "memory" not in resources.get(
                "limits", {}
            ):
                yield Finding(where, "needs requests for CPU and memory, and a limit for memory")
            if not re.search(r":[0-9][^/]*$|@sha256:", container["image"]):
                yield Finding(where, f"its image {container['image']} has no version")
            if workload["kind"] != "Job" and not {"livenessProbe", "readinessProbe"} <= set(container):
                yield Finding(where, "has no probes")
            for name in ("startupProbe", "livenessProbe", "readinessProbe"):
                port = container.get(name, {}).get("httpGet", {}).get("port")
                if port is not None and not any(port in each[:2] for each in ports(workload)):
                    yield Finding(where, f"{name} asks a port that it does not have: {port}")


def volumes(manifests):
    for workload in manifests.workloads():
        spec, sources = pod(workload), {}
        for each in spec.get("volumes", []):
            sources[each["name"]] = each
            for key, kind, name in (
                ("persistentVolumeClaim", "PersistentVolumeClaim", "claimName"),
                ("secret", "Secret", "secretName"),
                ("configMap", "ConfigMap", "name"),
            ):
                if key in each:
                    yield from _mount(workload, f"{kind} {each[key][name]}")
                    if kind == "PersistentVolumeClaim" and not manifests.named(kind, each[key][name]):
                        yield Finding(place(workload), f"claim {each[key][name]} is not there")
        for claim in workload["spec"].get("volumeClaimTemplates", []):
            name = f"{claim['metadata']['name']}-{workload['metadata']['name']}-0"
            sources[claim["metadata"]["name"]] = claim
            yield from _mount(workload, f"PersistentVolumeClaim {name}")
            made = manifests.named("PersistentVolumeClaim", name)
            if not made:
                yield Finding(place(workload), f"claim {name}, in which init makes its files, is not there")
            elif made["spec"] != claim["spec"]:
                yield Finding(place(workload), f"claim {name} is another than its template asks for")
        used = set()
        for container in containers(workload):
            where = f"{place(workload)}, container {container['name']}"
            paths = [each["mountPath"] for each in container.get("volumeMounts", [])]
            if len(paths) != len(set(paths)):
                yield Finding(where, "mounts two volumes at one path")
            for each in container.get("volumeMounts", []):
                used.add(each["name"])
                if each["name"] not in sources:
                    yield Finding(where, f"mounts a volume that is not there: {each['name']}")
            configuration = arguments(container).get("--configuration", "")
            if configuration and not any(configuration.startswith(path + "/") for path in paths):
                yield Finding(where, f"{configuration} is on no volume")
        for name in set(sources) - used:
            yield Finding(place(workload), f"nobody mounts its volume {name}")


def _mount(workload, source):
    if workload["metadata"]["name"] not in MOUNTS.get(source, set()):
        yield Finding(place(workload), f"may not have {source}")


def policies(manifests):
    """Compares what the policies allow with CONNECTIONS, seen from both ends."""
    everything = manifests.named("NetworkPolicy", "nothing")
    if not everything or everything["spec"] != {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}:
        yield Finding("NetworkPolicy nothing", "does not deny everything that is not allowed")
    incoming, outgoing = set(), set()
    for policy in manifests.of("NetworkPolicy"):
        spec = policy["spec"]
        subjects = [each["metadata"]["name"] for each in manifests.selected(spec["podSelector"])]
        if not subjects:
            yield Finding(place(policy), "selects no pods")
        for direction, peers, found in (("ingress", "from", incoming), ("egress", "to", outgoing)):
            for rule in spec.get(direction, []):
                if "ports" not in rule:
                    yield Finding(place(policy), f"{direction} on every port")
                for other in _peers(manifests, policy, rule.get(peers)):
                    if isinstance(other, Finding):
                        yield other
                        continue
                    for port in rule.get("ports", []):
                        for subject in subjects:
                            found.add(
                                (other, subject, port["port"])
                                if direction == "ingress"
                                else (subject, other, port["port"])
                            )
    for source, target, port in sorted(incoming ^ CONNECTIONS):
        verb = "is allowed, and should not be" if (source, target, port) in incoming else "can't arrive"
        yield Finding("NetworkPolicy", f"{source} to {target}:{port} {verb}")
    pods_only = {each for each in CONNECTIONS if each[0] != "*" and "=" not in each[0]}
    lookups = {("frontend", "k8s-app=kube-dns", 53), ("signer", "k8s-app=kube-dns", 53)}
    for source, target, port in sorted(outgoing ^ (pods_only | lookups)):
        verb = "may go out, and should not" if (source, target, port) in outgoing else "can't go out"
        yield Finding("NetworkPolicy", f"{source} to {target}:{port} {verb}")
    for _, target, port in sorted(CONNECTIONS):
        workload = next((each for each in manifests.workloads() if each["metadata"]["name"] == target), None)
        if not workload or not any(port == number for _, number, _ in ports(workload)):
            yield Finding("NetworkPolicy", f"{target} has no port {port}")


def _peers(manifests, policy, peers):
    if peers is None:
        yield "*"
        return
    for peer in peers:
        if "namespaceSelector" in peer:
            labels = peer.get("podSelector", peer["namespaceSelector"]).get("matchLabels", {})
            yield ",".join(f"{key}={value}" for key, value in labels.items()) or "every namespace"
        elif "podSelector" in peer:
            found = manifests.selected(peer["podSelector"])
            if not found:
                yield Finding(place(policy), f"names pods that are not there: {peer['podSelector']}")
            yield from (each["metadata"]["name"] for each in found)
        else:
            yield f"addresses {peer}"


def addresses(manifests):
    """What the cluster is made with is what services and ports are."""
    job = manifests.named("Job", "init")
    options = arguments(containers(job)[0]) if job else {}
    for name in ("--signer-address", "--auditor-address"):
        host, port = options.get(name, "tcp://:0").removeprefix("tcp://").split(":")
        service = manifests.named("Service", host)
        if not service or int(port) not in [each["port"] for each in service["spec"]["ports"]]:
            yield Finding("Job init", f"{name} {options.get(name)} is no service's")
    listening = {
        "--signer-endpoint": "signer",
        "--auditor-endpoint": "auditor",
        "--auditor-operations": "auditor",
        "--console": "auditor",
    }
    for name, target in listening.items():
        workload = manifests.named("StatefulSet", target)
        value = options.get(name, ":0").removeprefix("tcp://")
        if (
            not value.startswith("0.0.0.0:")
            or not workload
            or int(value.split(":")[1]) not in [each[1] for each in ports(workload)]
        ):
            yield Finding("Job init", f"{name} {options.get(name)} is no port of {target}'s pod")
    frontend = manifests.named("Deployment", "frontend")
    for name in ("--listen", "--operations"):
        value = arguments(containers(frontend)[0]).get(name, ":0") if frontend else ":0"
        if not value.startswith("0.0.0.0:") or int(value.split(":")[1]) not in [each[1] for each in ports(frontend)]:
            yield Finding("Deployment frontend", f"{name} {value} is no port of its pods")


ALL = (names, selectors, pods, volumes, policies, addresses)
