"""Plays the manifests without Kubernetes: play.py FOLDER PROGRAMS (in a mount and a network namespace of its own)

The job makes the cluster on volumes as a kubelet mounts them, signer and auditor start, a frontend joins by an invitation,
a device enrolls, and the probes succeed: with the commands, users, volumes and modes of the manifests.
"""

import os
import pathlib
import subprocess
import sys
import tempfile
import time

from kubelet import Pod, Volumes
from manifests import Manifests

OURS = ("estuary", "estuary-signer", "estuary-auditor", "estuary-frontend")


def image(folder, programs):
    """What lies over this machine's files: the programs, and the names that the cluster's DNS would know."""
    folder.mkdir()
    # A file system of its own: no layer of an overlay may lie inside of another.
    subprocess.run(["mount", "-t", "tmpfs", "none", folder], check=True)
    (folder / "usr/bin").mkdir(parents=True)
    (folder / "etc").mkdir()
    for name in OURS:
        subprocess.run(["install", "-m", "0755", f"{programs}/{name}", folder / "usr/bin" / name], check=True)
    (folder / "etc/hosts").write_text("127.0.0.1 localhost signer auditor est.example.com\n")
    os.symlink("/estuary", folder / "estuary-state")
    return folder


def expect(condition, text):
    if not condition:
        raise AssertionError(text)


def eventually(text, path):
    """Waits until a file has the text: the signer writes its metrics every few seconds."""
    end = time.monotonic() + 60
    while not (path.exists() and text in path.read_text()):
        expect(time.monotonic() < end, f"{path.name} has no {text}")
        time.sleep(0.2)


def secrets_are_private(volumes):
    """Key files stay their owner's alone, whatever the volume's own mode is."""
    checked = 0
    for path in volumes.folder.glob("claim-*/**/*"):
        if path.is_file() and (path.suffix == ".key" or path.name == "key.pem" or "secret" in path.name):
            expect(path.stat().st_mode & 0o077 == 0, f"{path} may be read by others")
            checked += 1
    expect(checked >= 6, f"only {checked} key files were found")


def play(manifests, programs, work):
    volumes, objects = Volumes(work), {}
    lower = image(work / "image", programs)

    def made(kind, name, pod):
        return Pod(manifests.named(kind, name), pod, volumes, lower, objects)

    job = made("Job", "init", "init-1")
    for name in job.containers:
        job.run(name)
    before = sorted((str(path), path.stat().st_mtime_ns) for path in work.glob("claim-*/**/*"))
    again = made("Job", "init", "init-2")
    for name in again.containers:
        again.run(name)
    after = sorted((str(path), path.stat().st_mtime_ns) for path in work.glob("claim-*/**/*"))
    expect(before == after, f"the job changed something when it ran again: {set(before) ^ set(after)}")
    secrets_are_private(volumes)

    auditor, signer = made("StatefulSet", "auditor", "auditor-0"), made("StatefulSet", "signer", "signer-0")
    running = [auditor, signer]
    try:
        for pod, name in ((auditor, "auditor"), (signer, "signer")):
            pod.start(name)
            pod.start("operator")
            pod.await_probe(name, "startupProbe")

        def operator(*command, pod=signer):
            answer = pod.execute("operator", list(command))
            expect(answer.returncode == 0, f"{command}: {answer.stderr}")
            return answer.stdout

        # As docs/kubernetes.md says.
        public = {name: operator("cat", f"/estuary/public/{name}") for name in ("cluster.yaml", "trust-anchor.pem")}
        invite = (
            "estuary node invite --uses 300 --ttl 365d --hosts est.example.com --output /tmp/new >/dev/null"
            " && cat /tmp/new && rm /tmp/new"
        )
        objects["Secret", "frontend-invitation"] = {"frontend.invitation": operator("sh", "-c", invite)}
        auditor.stop()
        objects["ConfigMap", "public"] = public
        auditor = made("StatefulSet", "auditor", "auditor-0b")
        running[0] = auditor
        auditor.start("auditor")
        auditor.start("operator")
        auditor.await_probe("auditor", "startupProbe")

        frontend = made("Deployment", "frontend", "frontend-7d4f-x2x9z")
        running.insert(0, frontend)
        frontend.start("frontend")
        frontend.await_probe("frontend", "startupProbe")
        for pod, name in ((frontend, "frontend"), (signer, "signer"), (auditor, "auditor")):
            for probe in ("readinessProbe", "livenessProbe"):
                pod.await_probe(name, probe)
        enroll(work, public["trust-anchor.pem"], operator("estuary", "token", "create").strip())
        expect("frontend-7d4f-x2x9z" in operator("estuary", "node", "list"), "the frontend is no node")
        issued = operator("estuary", "audit", "list", "--type", "issued", pod=auditor)
        expect("device-1" in issued, f"the auditor does not know of the certificate: {issued}")
        eventually("estuary_signer_enrollments_total", work / "signer-0-metrics/signer.prom")
        secrets_are_private(volumes)
    except AssertionError:
        for pod in running:
            for name in pod.processes:
                print(f"-- {pod.name} {name}\n{pod.log(name)}", file=sys.stderr)
        raise
    finally:
        stopped = [failure for failure in map(stop, running) if failure]
    expect(not stopped, "\n".join(stopped))


def stop(pod):
    try:
        pod.stop()
    except AssertionError as failure:
        return str(failure)


def enroll(work, anchor, secret):
    (work / "anchor.pem").write_text(anchor)
    subprocess.run(
        f"""set -eu; cd {work}
        openssl ecparam -name prime256v1 -genkey -noout -out device.key
        openssl req -new -key device.key -subj /CN=device-1 -outform DER | openssl base64 > device.b64
        printf 'user = ":%s"\\n' '{secret}' | curl -sS --fail-with-body --config - --cacert anchor.pem \
            --resolve est.example.com:8443:127.0.0.1 -H 'Content-Type: application/pkcs10' --data-binary @device.b64 \
            -o device.p7 https://est.example.com:8443/.well-known/est/simpleenroll
        openssl base64 -d -in device.p7 | openssl pkcs7 -inform DER -print_certs | grep -q 'CN = device-1'""",
        shell=True,
        check=True,
    )


def main(arguments):
    if len(arguments) != 2:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        work.chmod(0o755)
        try:
            play(Manifests.read(arguments[0]), os.path.abspath(arguments[1]), work)
        finally:
            subprocess.run(["umount", work / "image"])
    print("The manifests' pods make a cluster, and a device enrolled.")


main(sys.argv[1:])
