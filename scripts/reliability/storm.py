#!/usr/bin/env python3
"""Connections that keep a frontend busy with nothing: run by overload.py as a process of its own.

Each connection does its harm, and begins anew where the frontend ends it. Prints one line of JSON at the end: how many
connections were opened, and by which status they were answered.
"""

import argparse
import asyncio
import base64
import collections
import json
import resource
import ssl
import subprocess
import tempfile
import time


def certification_request():
    """A good request: a bad one is answered before its credential is asked about."""
    with tempfile.TemporaryDirectory() as folder:
        der = subprocess.run(
            ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
             "/CN=storm.example.com", "-keyout", f"{folder}/key.pem", "-outform", "DER"],
            check=True, capture_output=True).stdout
    return base64.b64encode(der).decode()


def head(host, path, length, authorization=None):
    lines = [f"POST {path} HTTP/1.1", f"Host: {host}", "Content-Type: application/pkcs10", f"Content-Length: {length}"]
    if authorization:
        lines.append("Authorization: Basic " + base64.b64encode(f":{authorization}".encode()).decode())
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Storm:
    def __init__(self, options):
        self.options = options
        self.host, port = options.server.rsplit(":", 1)
        self.port = int(port)
        self.path = "/.well-known/est/simpleenroll"
        self.body = certification_request()
        self.end = time.monotonic() + options.duration
        self.opened = 0
        self.answers = collections.Counter()
        self.context = ssl.create_default_context(cafile=options.trust_anchor)
        # Handshakes are the dearest part here: no more at a time than a hundred.
        self.opening = asyncio.Semaphore(100)

    @property
    def left(self):
        return self.end - time.monotonic()

    async def connect(self, tls=True):
        async with self.opening:
            self.opened += 1
            return await asyncio.wait_for(
                asyncio.open_connection(
                    self.host, self.port, ssl=self.context if tls else None,
                    server_hostname=self.host if tls else None), 20)

    async def answer(self, reader):
        line = await asyncio.wait_for(reader.readline(), 30)
        status = line.split(b" ")[1].decode() if line.startswith(b"HTTP/") else "closed"
        self.answers[status] += 1
        length = 0
        while (line := await asyncio.wait_for(reader.readline(), 30)) not in (b"\r\n", b""):
            if line.lower().startswith(b"content-length:"):
                length = int(line.split(b":")[1])
        if length:
            await asyncio.wait_for(reader.readexactly(length), 30)
        return status

    async def trickle(self, reader, writer, data, every):
        """A byte now and then, until the frontend has enough of it."""
        end_of_input = asyncio.ensure_future(reader.read(1))
        try:
            for place in range(len(data)):
                if self.left <= 0:
                    return
                writer.write(data[place:place + 1])
                done, _ = await asyncio.wait([end_of_input], timeout=min(every, max(0.01, self.left)))
                if done:
                    self.answers["answered" if end_of_input.result() else "closed"] += 1
                    return
        finally:
            end_of_input.cancel()

    # The storms

    async def silent_handshakes(self):
        """A connection, half a ClientHello, and nothing more."""
        reader, writer = await self.connect(tls=False)
        try:
            writer.write(b"\x16\x03\x01\x02\x00\x01\x00")
            await asyncio.wait_for(reader.read(1), max(0.01, self.left))
            self.answers["closed"] += 1
        finally:
            writer.close()

    async def no_requests(self):
        """A handshake, and no request."""
        reader, writer = await self.connect()
        try:
            await asyncio.wait_for(reader.read(1), max(0.01, self.left))
            self.answers["closed"] += 1
        finally:
            writer.close()

    async def slow_headers(self):
        reader, writer = await self.connect()
        try:
            await self.trickle(reader, writer, head(self.host, self.path, len(self.body)), 2)
        finally:
            writer.close()

    async def slow_bodies(self):
        reader, writer = await self.connect()
        try:
            writer.write(head(self.host, self.path, len(self.body), "no-such-secret"))
            await self.trickle(reader, writer, self.body.encode(), 2)
        finally:
            writer.close()

    async def wrong_passwords(self):
        reader, writer = await self.connect()
        try:
            while self.left > 0:
                writer.write(head(self.host, self.path, len(self.body), "no-such-secret") + self.body.encode())
                await self.answer(reader)
        finally:
            writer.close()

    async def huge_bodies(self):
        reader, writer = await self.connect()
        try:
            writer.write(head(self.host, self.path, 64 << 20, "no-such-secret"))
            block = bytes(65_536)
            for _ in range(1024):
                writer.write(block)
                await asyncio.wait_for(writer.drain(), 20)
            await self.answer(reader)
        finally:
            writer.close()

    async def keep_on(self, storm):
        while self.left > 0:
            try:
                await storm()
            except (OSError, asyncio.TimeoutError, asyncio.IncompleteReadError, IndexError, ValueError) as error:
                self.answers[type(error).__name__] += 1
                await asyncio.sleep(min(0.5, max(0, self.left)))

    async def run(self):
        storm = getattr(self, self.options.storm.replace("-", "_"))
        tasks = [asyncio.ensure_future(self.keep_on(storm)) for _ in range(self.options.connections)]
        await asyncio.wait(tasks, timeout=self.options.duration)
        for task in tasks:
            task.cancel()
        print(json.dumps({"opened": self.opened, "answers": self.answers}), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("storm")
    parser.add_argument("--server", required=True)
    parser.add_argument("--trust-anchor", required=True)
    parser.add_argument("--connections", type=int, required=True)
    parser.add_argument("--duration", type=float, required=True)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(Storm(options).run())


if __name__ == "__main__":
    main()
