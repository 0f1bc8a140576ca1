"""Manifests with one thing wrong in each, and what has to be said of it."""

from manifests import containers, pod, template


def _container(manifests, kind, name, container=0):
    return containers(manifests.named(kind, name))[container]


def _policy(manifests, name):
    return manifests.named("NetworkPolicy", name)["spec"]


def _drop(mapping, key):
    del mapping[key]


ALL = [
    ("a key that no schema has", lambda m: m.named("Deployment", "frontend")["spec"].update(replica=3), "replica"),
    (
        "a text where a number belongs",
        lambda m: m.named("StatefulSet", "signer")["spec"].update(replicas="one"),
        "replicas",
    ),
    ("a kind that does not exist", lambda m: m.named("Service", "signer").update(apiVersion="v7"), "schema"),
    (
        "another namespace",
        lambda m: m.named("Service", "signer")["metadata"].update(namespace="default"),
        "not in the namespace",
    ),
    ("an object twice", lambda m: m.objects.append(m.named("Service", "signer")), "twice"),
    (
        "a namespace without a standard",
        lambda m: m.named("Namespace", "estuary")["metadata"].update(labels={}),
        "restricted",
    ),
    ("two signers", lambda m: m.named("StatefulSet", "signer")["spec"].update(replicas=2), "exactly one"),
    (
        "a service without pods",
        lambda m: m.named("Service", "frontend")["spec"].update(selector={"app": "none"}),
        "0 workloads",
    ),
    (
        "a port that nobody has",
        lambda m: m.named("Service", "signer")["spec"]["ports"][0].update(targetPort=7609),
        "7609",
    ),
    (
        "a selector beside its pods",
        lambda m: template(m.named("Deployment", "frontend"))["metadata"].update(labels={"app": "x"}),
        "its own pods",
    ),
    (
        "a budget for nobody",
        lambda m: m.named("PodDisruptionBudget", "frontend")["spec"].update(selector={"matchLabels": {"a": "b"}}),
        "one deployment",
    ),
    (
        "an autoscaler of nothing",
        lambda m: m.named("HorizontalPodAutoscaler", "frontend")["spec"]["scaleTargetRef"].update(name="front"),
        "not there",
    ),
    (
        "a number that the autoscaler decides",
        lambda m: m.named("Deployment", "frontend")["spec"].update(replicas=3),
        "sets replicas",
    ),
    ("root", lambda m: pod(m.named("StatefulSet", "signer"))["securityContext"].update(runAsUser=0), "not root"),
    (
        "no seccomp",
        lambda m: _drop(pod(m.named("StatefulSet", "auditor"))["securityContext"], "seccompProfile"),
        "seccomp",
    ),
    (
        "keys for the group",
        lambda m: _drop(pod(m.named("StatefulSet", "signer"))["securityContext"], "fsGroupChangePolicy"),
        "fsGroupChangePolicy",
    ),
    ("a token", lambda m: pod(m.named("Deployment", "frontend")).update(automountServiceAccountToken=True), "token"),
    (
        "a capability",
        lambda m: _container(m, "Deployment", "frontend")["securityContext"].update(
            capabilities={"drop": ["ALL"], "add": ["NET_ADMIN"]}
        ),
        "capabilities",
    ),
    (
        "a writable image",
        lambda m: _container(m, "StatefulSet", "signer")["securityContext"].update(readOnlyRootFilesystem=False),
        "write to its image",
    ),
    (
        "memory without a limit",
        lambda m: _drop(_container(m, "StatefulSet", "signer")["resources"], "limits"),
        "limit for memory",
    ),
    ("an image without a version", lambda m: _container(m, "Job", "init").update(image="estuary/tools"), "no version"),
    ("no probe", lambda m: _drop(_container(m, "StatefulSet", "auditor"), "readinessProbe"), "no probes"),
    (
        "a probe of another port",
        lambda m: _container(m, "Deployment", "frontend").update(livenessProbe={"httpGet": {"port": "metrics"}}),
        "metrics",
    ),
    (
        "a frontend with the signer's keys",
        lambda m: pod(m.named("Deployment", "frontend"))["volumes"].append(
            {"name": "state2", "persistentVolumeClaim": {"claimName": "state-signer-0"}}
        ),
        "may not have PersistentVolumeClaim state-signer-0",
    ),
    (
        "a signer with the root key",
        lambda m: pod(m.named("StatefulSet", "signer"))["volumes"].append(
            {"name": "root", "persistentVolumeClaim": {"claimName": "handover"}}
        ),
        "may not have PersistentVolumeClaim handover",
    ),
    (
        "a volume that is not there",
        lambda m: _container(m, "Deployment", "frontend")["volumeMounts"][0].update(name="sate"),
        "not there: sate",
    ),
    (
        "a configuration on no volume",
        lambda m: _container(m, "StatefulSet", "signer").update(args=["serve", "--configuration", "/etc/c.yaml"]),
        "on no volume",
    ),
    (
        "a claim that init does not make",
        lambda m: m.named("StatefulSet", "signer")["spec"]["volumeClaimTemplates"][0]["metadata"].update(name="data"),
        "data-signer-0",
    ),
    (
        "a claim of another size",
        lambda m: m.named("PersistentVolumeClaim", "state-auditor-0")["spec"]["resources"]["requests"].update(
            storage="1Gi"
        ),
        "another than its template",
    ),
    ("no policy that denies", lambda m: m.objects.remove(m.named("NetworkPolicy", "nothing")), "does not deny"),
    (
        "a policy for nobody",
        lambda m: _policy(m, "signer").update(podSelector={"matchLabels": {"app": "none"}}),
        "selects no pods",
    ),
    (
        "devices at the signer",
        lambda m: _policy(m, "signer")["ingress"].append({"ports": [{"port": 7601}]}),
        "* to signer:7601 is allowed",
    ),
    ("every port of the auditor", lambda m: _drop(_policy(m, "auditor")["ingress"][0], "ports"), "every port"),
    (
        "a console for every namespace",
        lambda m: _policy(m, "auditor")["ingress"][1]["from"][0].update(namespaceSelector={}),
        "every namespace to auditor:8480 is allowed",
    ),
    (
        "frontends that can't reach the signer",
        lambda m: _policy(m, "frontend")["egress"].pop(0),
        "frontend to signer:7601 can't go out",
    ),
    (
        "a signer that may go anywhere",
        lambda m: _policy(m, "signer")["egress"].append({"ports": [{"port": 443}]}),
        "signer to *:443 may go out",
    ),
    (
        "a signer's address that no service has",
        lambda m: _container(m, "Job", "init").update(args=["init", "--signer-address=tcp://sign:7601"]),
        "is no service's",
    ),
    (
        "a port where nobody listens",
        lambda m: _container(m, "Deployment", "frontend").update(args=["serve", "--listen=0.0.0.0:443"]),
        "no port of its pods",
    ),
]
