"""Network namespaces that are joined by a switch in this process, which can cut and delay each direction of a link.

It needs no more of the kernel than namespaces, veth and packet sockets: `tc netem` and nftables are not there in many
containers.
"""

import ctypes
import fcntl
import heapq
import itertools
import os
import select
import socket
import struct
import subprocess
import sys
import threading
import time

from cluster import Trouble

SIOCETHTOOL = 0x8946
# ETHTOOL_STXCSUM: frames that come through a packet socket must bring their checksums along.
SET_SEND_CHECKSUM = 0x17
ETH_P_ALL = 3
LARGEST_FRAME = 65_536


def run(*command):
    result = subprocess.run(command, capture_output=True, text=True)
    if result.returncode != 0:
        raise Trouble(f"{' '.join(command)}: {result.stderr.strip()}")


class Host:
    """A network namespace with one interface, which goes into the switch."""

    def __init__(self, name, index, address):
        self.name = name
        self.address = address
        # Holds the namespace as long as its input is open, so that none outlives this process.
        self.holder = subprocess.Popen(
            ["unshare", "--net", "sh", "-c", "echo up; exec cat >/dev/null"], stdin=subprocess.PIPE,
            stdout=subprocess.PIPE, start_new_session=True)
        self.holder.stdout.readline()
        self.mac = bytes([2, 0, 0, 0, 0, index])
        port, identifier = f"port{index}", str(self.holder.pid)
        run("ip", "link", "add", port, "type", "veth", "peer", "name", "net0", "netns", identifier)
        run(*self.prefix, "ip", "link", "set", "lo", "up")
        run(*self.prefix, "ip", "link", "set", "net0", "address", self.mac.hex(":"))
        run(*self.prefix, "ip", "address", "add", f"{address}/24", "dev", "net0")
        run(*self.prefix, "python3", os.path.abspath(__file__), "net0")
        run(*self.prefix, "ip", "link", "set", "net0", "up")
        run("ip", "link", "set", port, "up")
        self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
        self.socket.bind((port, 0))
        self.socket.setblocking(False)

    @property
    def prefix(self):
        """What comes before a command that is to run here."""
        return ["nsenter", "--net", "--target", str(self.holder.pid)]

    def end(self):
        self.socket.close()
        self.holder.stdin.close()
        self.holder.wait()


class Switch:
    """Passes frames on between hosts, unless the link's direction is cut, and after its delay."""

    def __init__(self, names):
        """names: the hosts' names with their addresses."""
        self.hosts = {
            name: Host(name, index, address) for index, (name, address) in enumerate(names.items(), start=1)}
        self.by_mac = {host.mac: host for host in self.hosts.values()}
        self.lock = threading.Lock()
        self.cuts = set()
        self.delay = 0.0
        self.passed = self.dropped = 0
        self.ended = threading.Event()
        self.thread = threading.Thread(target=self.work, daemon=True)
        self.thread.start()

    def cut(self, *directions):
        """Lets nothing pass any more in these directions, each a pair of names: from, to."""
        with self.lock:
            self.cuts |= set(directions)

    def heal(self):
        """Lets everything pass at once."""
        with self.lock:
            self.cuts.clear()
            self.delay = 0.0

    def slow(self, seconds):
        """Delays every frame, in each direction."""
        with self.lock:
            self.delay = seconds

    def work(self):
        by_descriptor = {host.socket.fileno(): host for host in self.hosts.values()}
        poll = select.poll()
        for descriptor in by_descriptor:
            poll.register(descriptor, select.POLLIN)
        waiting, order = [], itertools.count()
        while not self.ended.is_set():
            pause = 100.0 if not waiting else max(0.0, (waiting[0][0] - time.monotonic()) * 1000)
            for descriptor, _ in poll.poll(min(pause, 100.0)):
                self.take(by_descriptor[descriptor], waiting, order)
            now = time.monotonic()
            while waiting and waiting[0][0] <= now:
                _, _, source, target, frame = heapq.heappop(waiting)
                self.send(source, target, frame)

    def take(self, source, waiting, order):
        for _ in range(64):
            try:
                frame, sender = source.socket.recvfrom(LARGEST_FRAME)
            except BlockingIOError:
                return
            # What this process sends is seen here, too.
            if sender[2] == socket.PACKET_OUTGOING or len(frame) < 14:
                continue
            is_broadcast = frame[0] & 1
            targets = self.hosts.values() if is_broadcast else [self.by_mac.get(frame[:6])]
            with self.lock:
                delay = self.delay
            for target in targets:
                if target is None or target is source:
                    continue
                if delay:
                    heapq.heappush(waiting, (time.monotonic() + delay, next(order), source, target, frame))
                else:
                    self.send(source, target, frame)

    def send(self, source, target, frame):
        with self.lock:
            is_cut = (source.name, target.name) in self.cuts
        if is_cut:
            self.dropped += 1
            return
        try:
            target.socket.send(frame)
            self.passed += 1
        except OSError:
            # As a full queue of any switch: the sender sends again.
            self.dropped += 1

    def end(self):
        self.ended.set()
        self.thread.join()
        for host in self.hosts.values():
            host.end()


def send_whole_checksums(interface):
    """Has an interface's frames carry their checksums, which the kernel else leaves to hardware that is not there."""
    value = bytearray(struct.pack("II", SET_SEND_CHECKSUM, 0))
    buffer = (ctypes.c_char * len(value)).from_buffer(value)
    request = struct.pack("16sP", interface.encode(), ctypes.addressof(buffer))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCETHTOOL, request)


if __name__ == "__main__":
    send_whole_checksums(sys.argv[1])
