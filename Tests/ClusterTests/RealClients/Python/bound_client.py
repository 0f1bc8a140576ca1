"""A device on Python's TLS (OpenSSL's), whose requests name the TLS connection that they come on (RFC 7030 §3.5).

Arguments: HOST:PORT TRUST-ANCHOR VERSION LABEL SECRET NAME STEP...
VERSION is 1.2, 1.2-without-ems (no extended master secret), 1.3 or any.

A step is CONNECTION:VALUE. CONNECTION is `full`, or `resumed` for one that resumes the session of the one before. VALUE is
what the request has as its challengePassword: `own` is the connection's tls-unique value, `first` that of the first
connection, `none` is none. Each step enrolls STEP-NUMBER.NAME, and prints a line for the caller to judge:
«CONNECTION:VALUE resumed|new TLS-VERSION STATUS text».
"""

import base64
import os
import socket
import ssl
import subprocess
import sys
import tempfile

# OpenSSL 3's SSL_OP_NO_EXTENDED_MASTER_SECRET, which Python's module has no name for.
NO_EXTENDED_MASTER_SECRET = 1


def certification_request(name, value):
    attributes = "attributes = wanted" if value else ""
    configuration = f"""
        [req]
        prompt = no
        distinguished_name = name
        {attributes}
        [name]
        CN = {name}
        [wanted]
        challengePassword = {value or "unused"}
        """
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "c")
        with open(path, "w") as file:
            file.write(configuration)
        return subprocess.run(
            ["openssl", "req", "-new", "-nodes", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-config", path, "-keyout", os.path.join(folder, "k"), "-outform", "DER"],
            check=True, capture_output=True).stdout


def context(anchor, version):
    result = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    result.load_verify_locations(anchor)
    if version.startswith("1.2"):
        result.maximum_version = ssl.TLSVersion.TLSv1_2
    if version == "1.3":
        result.minimum_version = ssl.TLSVersion.TLSv1_3
    if version == "1.2-without-ems":
        result.options |= NO_EXTENDED_MASTER_SECRET
    return result


def main(address, anchor, version, label, secret, name, *steps):
    host, port = address.rsplit(":", 1)
    client = context(anchor, version)
    session = None
    first = None
    for number, step in enumerate(steps):
        connection, value = step.split(":")
        plain = socket.create_connection((host, int(port)), timeout=30)
        tls = client.wrap_socket(
            plain, server_hostname=host, session=session if connection == "resumed" else None)
        own = tls.get_channel_binding("tls-unique")
        first = first or own
        chosen = {"own": own, "first": first, "none": None}[value]
        request = certification_request(
            f"{number}.{name}", base64.b64encode(chosen).decode() if chosen else None)
        body = base64.b64encode(request)
        credential = base64.b64encode(b":" + secret.encode()).decode()
        tls.sendall(
            (f"POST /.well-known/est/{label}/simpleenroll HTTP/1.1\r\nHost: {host}\r\n"
             f"Authorization: Basic {credential}\r\nContent-Type: application/pkcs10\r\n"
             f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n").encode() + body)
        answer = b""
        while part := tls.recv(65536):
            answer += part
        # With TLS 1.3 the session comes after the handshake.
        session = tls.session
        head, _, rest = answer.partition(b"\r\n\r\n")
        status = int(head.split(b" ")[1])
        text = "" if status == 200 else rest.decode().strip()
        print(step, "resumed" if tls.session_reused else "new", tls.version(), status, text)
        tls.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
