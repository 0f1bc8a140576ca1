"""Runs pods of the manifests as a kubelet would, as far as files and users go: without images, network policies and cgroups.

A container is a process in a mount and a PID namespace of its own: on a read-only overlay of this machine's files with the
programs in /usr/bin, its volumes at their places, its user and fsGroup, no capabilities. All share one network namespace.
"""

import os
import pathlib
import shlex
import subprocess
import time

from manifests import containers, pod


class Volumes:
    """What claims, secrets and maps are here: folders."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def claim(self, name, group):
        """A block device, mounted for the first time for a pod with that fsGroup."""
        path = self.folder / f"claim-{name}"
        if not path.exists():
            path.mkdir()
            (path / "lost+found").mkdir(mode=0o700)
            self._own(path, group, 0o2775)
        return path

    def empty(self, name, group):
        path = self.folder / name
        path.mkdir(exist_ok=True)
        self._own(path, group, 0o2777)
        return path

    def files(self, name, files, group, mode):
        """A secret or a map: links to links to files, which belong to root and the group."""
        path = self.folder / name
        (path / "..1").mkdir(parents=True)
        os.symlink("..1", path / "..data")
        for file, text in files.items():
            (path / "..1" / file).write_text(text)
            self._own(path / "..1" / file, group, mode)
            os.symlink(f"..data/{file}", path / file)
        for each in (path, path / "..1"):
            self._own(each, group, 0o2755)
        return path

    @staticmethod
    def subpath(volume, name):
        """Made by the kubelet where it is missing, like the volume itself."""
        path, like = volume / name, volume.stat()
        if not path.exists():
            path.mkdir()
            os.chown(path, 0, like.st_gid)
            path.chmod(like.st_mode & 0o7777)
        return path

    @staticmethod
    def _own(path, group, mode):
        os.chown(path, 0, group)
        path.chmod(mode)


class Pod:
    """One pod of a workload; `objects` has the texts of the secrets and maps that there are, by kind and name."""

    def __init__(self, workload, name, volumes, image, objects):
        self.name, self.spec, self.volumes, self.image = name, pod(workload), volumes, image
        self.security = self.spec["securityContext"]
        self.processes = {}
        self.sources = {}
        group = self.security["fsGroup"]
        for each in workload["spec"].get("volumeClaimTemplates", []):
            claim = each["metadata"]["name"]
            self.sources[claim] = volumes.claim(f"{claim}-{workload['metadata']['name']}-0", group)
        for each in self.spec.get("volumes", []):
            place = f"{name}-{each['name']}"
            if "persistentVolumeClaim" in each:
                source = volumes.claim(each["persistentVolumeClaim"]["claimName"], group)
            elif "secret" in each:
                source = volumes.files(
                    place, objects["Secret", each["secret"]["secretName"]], group, each["secret"]["defaultMode"]
                )
            elif "configMap" in each:
                source = volumes.files(place, objects.get(("ConfigMap", each["configMap"]["name"]), {}), group, 0o644)
            else:
                source = volumes.empty(place, group)
            self.sources[each["name"]] = source
        self.containers = {each["name"]: each for each in containers(workload)}

    def _user(self):
        user = self.security
        return [
            "setpriv",
            f"--reuid={user['runAsUser']}",
            f"--regid={user['runAsGroup']}",
            f"--groups={user['fsGroup']}",
            "--no-new-privs",
            "--bounding-set=-all",
            "--inh-caps=-all",
            "--",
            "env",
            "--ignore-environment",
            "--chdir=/",
            "PATH=/usr/bin:/bin",
            f"POD_NAME={self.name}",
        ]

    def start(self, name, command=None):
        """Starts a container, or another command in its place."""
        container = self.containers[name]
        words = command or container.get("command", []) + container.get("args", [])
        words = [word.replace("$(POD_NAME)", self.name) for word in words]
        layer = self.volumes.folder / f"layer-{self.name}-{name}"
        layer.mkdir(exist_ok=True)
        root = f"{layer}/root"
        script = [
            "set -eu",
            f"mount -t tmpfs none {layer}",
            f"mkdir {layer}/upper {layer}/work {root}",
            f"mount -t overlay -o lowerdir={self.image}:/,upperdir={layer}/upper,workdir={layer}/work none {root}",
            f"mount -t proc none {root}/proc",
            f"mount --rbind /dev {root}/dev",
        ]
        # The shorter first: a volume may be mounted inside of another.
        for each in sorted(container.get("volumeMounts", []), key=lambda each: len(each["mountPath"])):
            source = self.sources[each["name"]]
            if "subPath" in each:
                source = self.volumes.subpath(source, each["subPath"])
            target = root + each["mountPath"]
            script += [f"mkdir -p {target}", f"mount --bind {source} {target}"]
            if each.get("readOnly"):
                script.append(f"mount -o remount,bind,ro {target}")
        script += [f"mount -o remount,ro {root}", f"exec chroot {root} {shlex.join(self._user() + words)}"]
        log = open(self.volumes.folder / f"{self.name}-{name}.log", "ab")
        process = subprocess.Popen(
            [
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "--pid",
                "--fork",
                "--kill-child",
                "sh",
                "-c",
                "\n".join(script),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        self.processes[name] = process
        return process

    def run(self, name, command=None):
        """Runs a container to its end."""
        status = self.start(name, command).wait(timeout=120)
        if status != 0:
            raise AssertionError(f"{self.name}, container {name} ended with {status}: {self.log(name)}")

    def log(self, name):
        return (self.volumes.folder / f"{self.name}-{name}.log").read_text(errors="replace")[-3000:]

    def _inner(self, name):
        children = subprocess.run(
            ["pgrep", "--parent", str(self.processes[name].pid)], capture_output=True, text=True
        ).stdout.split()
        return children[0] if children else None

    def execute(self, name, command):
        """What `kubectl exec` and the probes do."""
        inner = self._inner(name)
        if inner is None:
            return subprocess.CompletedProcess(command, 1, "", "the container does not run")
        return subprocess.run(
            ["nsenter", f"--target={inner}", "--mount", "--pid", "--root", "--"] + self._user() + command,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
        )

    def await_probe(self, name, probe):
        """Waits until the container's probe succeeds, as long as Kubernetes would."""
        what = self.containers[name][probe]
        end = time.monotonic() + what.get("periodSeconds", 10) * what.get("failureThreshold", 3)
        while True:
            answer = self.execute(name, what["exec"]["command"])
            if answer.returncode == 0:
                return
            if self.processes[name].poll() is not None or time.monotonic() > end:
                raise AssertionError(f"{self.name}, {probe} of {name}: {answer.stderr} {self.log(name)}")
            time.sleep(0.2)

    def stop(self):
        """SIGTERM to each container's first process, which has to end in good order within its time."""
        for name in self.processes:
            inner = self._inner(name)
            if inner:
                os.kill(int(inner), 15)
        problems = []
        for name, process in self.processes.items():
            try:
                status = process.wait(timeout=self.spec.get("terminationGracePeriodSeconds", 30))
                if status != 0:
                    problems.append(f"{self.name}, container {name} ended with {status}: {self.log(name)}")
            except subprocess.TimeoutExpired:
                process.kill()
                problems.append(f"{self.name}, container {name} did not end in its time")
        if problems:
            raise AssertionError("\n".join(problems))
