"""A small EST server on Python's TLS (OpenSSL's) and the `openssl` command, that is as unlike ours as the RFCs allow.

Arguments: FOLDER. In it the server makes its authorities, writes its port to `port` when it serves, and appends a line to
`log` for each request: «LABEL OPERATION STATUS SHA-256-OF-THE-REQUEST'S-KEY CLIENT-CERTIFICATE'S-SUBJECT», «-» for none.
It ends with its standard input.

TLS 1.2 only. Base64 in lines of 64 characters with CRLF, with Content-Transfer-Encoding. Answers end with the connection
(HTTP/1.0), and that without TLS's farewell, or are chunked. A certificate comes with the whole chain, and not as the first
of it. An enrollment waits for approval once: 202 with Retry-After. Credentials: the user `pump` with the password
`s3cret:with colon`, or a certificate of the maker (`maker.pem`, `maker.key`).

Labels: none, `plain`: as above, without csrattrs (404). `attributes`: csrattrs asks for P-384, a key usage and the channel
binding, which is compared. `template`: csrattrs with a template of RFC 9908. `odd`: csrattrs as libest has them.
`empty`, `unimplemented`: csrattrs is 204, 501. `moved`, `away`, `around`: redirections to the same server, to another one,
without end. `busy`: 503 once, with Retry-After as a date. `broken`: 503 always. `silent`: the first enrollment is read and
never answered. `cut`: answers are cut off. `patient`: an enrollment waits for longer than anyone does.
"""

import base64
import email.utils
import hashlib
import os
import socket
import ssl
import subprocess
import sys
import threading
import time

FOLDER = sys.argv[1]
PASSWORD = base64.b64encode(b"pump:s3cret:with colon").decode()
lock = threading.Lock()
asked = {}


def path(name):
    return os.path.join(FOLDER, name)


def openssl(*arguments, stdin=None):
    return subprocess.run(["openssl", *arguments], input=stdin, check=True, capture_output=True).stdout


def make(name, subject, issuer=None, key=("-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"), extensions=""):
    openssl("genpkey", *key, "-out", path(name + ".key"))
    with open(path(name + ".cnf"), "w") as file:
        file.write(f"[req]\nprompt=no\ndistinguished_name=dn\nutf8=yes\n[dn]\n{subject}\n[ext]\n{extensions}\n")
    common = ["-config", path(name + ".cnf"), "-key", path(name + ".key"), "-days", "30"]
    if issuer is None:
        openssl("req", "-x509", "-new", "-extensions", "ext", "-out", path(name + ".pem"), *common)
        return
    request = openssl("req", "-new", *common[:-2])
    openssl(
        "x509", "-req", "-CA", path(issuer + ".pem"), "-CAkey", path(issuer + ".key"), "-days", "20", "-extfile",
        path(name + ".cnf"), "-extensions", "ext", "-out", path(name + ".pem"), stdin=request)


def make_authorities():
    authority = "basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\nsubjectKeyIdentifier=hash\n"
    rsa = ("-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048")
    make("root", "CN=Other Root", key=rsa, extensions=authority)
    make("issuing", "O=Other\nCN=Other Issuing", "root", extensions=authority)
    make("server", "CN=est", "issuing", key=rsa, extensions="subjectAltName=DNS:localhost,IP:127.0.0.1\nextendedKeyUsage=serverAuth")
    make("maker-root", "CN=Maker", extensions=authority)
    make("maker", "O=Maker\nCN=serial-1", "maker-root", extensions="extendedKeyUsage=clientAuth")
    # openssl answers from files.
    for name, parts in [("chain", ["server", "issuing"]), ("trusted", ["root", "issuing", "maker-root"])]:
        with open(path(name + ".pem"), "w") as file:
            file.write("".join(open(path(part + ".pem")).read() for part in parts))
    if not os.path.exists(path("server.key")):
        raise SystemExit("no key")


def certs_only(*names):
    arguments = [argument for name in names for argument in ("-certfile", path(name))]
    return openssl("crl2pkcs7", "-nocrl", "-outform", "DER", *arguments)


def indefinite(der):
    """The same SEQUENCE with its length left open, as BER allows and Java servers write it."""
    head = 2 if der[1] < 0x80 else 2 + (der[1] & 0x7F)
    return b"\x30\x80" + der[head:] + b"\x00\x00"


def element(tag, content):
    length = len(content)
    if length < 0x80:
        return bytes([tag, length]) + content
    size = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content


def sequence(*parts):
    return element(0x30, b"".join(parts))


def identifier(dotted):
    arcs = [int(arc) for arc in dotted.split(".")]
    content = bytearray()
    for arc in [arcs[0] * 40 + arcs[1], *arcs[2:]]:
        group = [arc & 0x7F]
        while arc := arc >> 7:
            group.append(0x80 | arc & 0x7F)
        content += bytes(reversed(group))
    return element(0x06, bytes(content))


CHALLENGE = identifier("1.2.840.113549.1.9.7")
P384 = identifier("1.3.132.0.34")
EC = identifier("1.2.840.10045.2.1")
KEY_USAGE = sequence(identifier("2.5.29.15"), element(0x01, b"\xff"), element(0x04, bytes.fromhex("03020780")))
ORGANISATION = sequence(identifier("2.5.4.10"), element(0x0C, b"Other"))


def attributes(label):
    if label == "attributes":
        request = sequence(identifier("1.2.840.113549.1.9.14"), element(0x31, sequence(KEY_USAGE)))
        return sequence(CHALLENGE, sequence(EC, element(0x31, P384)), request, identifier("1.2.840.10045.4.3.3"))
    if label == "template":
        name = sequence(element(0x31, ORGANISATION), element(0x31, sequence(identifier("2.5.4.3"))))
        key = element(0xA0, sequence(EC, P384))
        extensions = sequence(identifier("1.2.840.113549.1.9.14"), element(0x31, sequence(KEY_USAGE)))
        template = sequence(element(0x02, b"\x00"), name, key, element(0xA1, extensions))
        return sequence(sequence(identifier("1.2.840.113549.1.9.16.2.61"), element(0x31, template)))
    if label == "odd":
        return sequence(identifier("1.3.6.1.1.1.1.22"), identifier("1.2.840.113549.1.9.1"), P384,
                        identifier("2.16.840.1.101.3.4.2.2"))
    return None


class Request:
    def __init__(self, connection):
        data = b""
        while b"\r\n\r\n" not in data:
            part = connection.recv(65536)
            if not part:
                raise EOFError
            data += part
        head, body = data.split(b"\r\n\r\n", 1)
        lines = head.decode().split("\r\n")
        self.method, self.target, _ = lines[0].split(" ")
        self.headers = {name.lower(): value.strip() for name, value in (line.split(":", 1) for line in lines[1:])}
        while len(body) < int(self.headers.get("content-length", 0)):
            part = connection.recv(65536)
            if not part:
                raise EOFError
            body += part
        self.body = body
        parts = self.target.split("/")
        if parts[:3] != ["", ".well-known", "est"] or len(parts) not in (4, 5):
            raise ValueError(self.target)
        self.label, self.operation = (parts[3] if len(parts) == 5 else "plain"), parts[-1]


def answer(request, connection):
    """Status, headers and body of the answer; the body is in base64 already."""
    label, operation = request.label, request.operation
    if label == "moved":
        return 307, {"Location": f"/.well-known/est/plain/{operation}"}, b""
    if label == "around":
        return 302, {"Location": request.target}, b""
    if label == "away":
        return 307, {"Location": f"https://est.invalid/.well-known/est/{operation}"}, b""
    if label == "broken":
        return 503, {"Retry-After": "1"}, b""
    if label == "busy" and operation == "cacerts" and first(("busy", operation)):
        return 503, {"Retry-After": email.utils.formatdate(time.time() + 2, usegmt=True)}, b""
    if operation == "cacerts":
        return 200, {"Content-Type": "application/pkcs7-mime"}, encoded(certs_only("root.pem", "issuing.pem"))
    if operation == "csrattrs":
        wanted = attributes(label)
        if wanted:
            return 200, {"Content-Type": "application/csrattrs"}, encoded(wanted)
        return {"empty": 204, "unimplemented": 501}.get(label, 404), {}, b""
    if request.method != "POST" or operation not in ("simpleenroll", "simplereenroll", "serverkeygen"):
        return 404, {}, b""
    shown = connection.getpeercert()
    subject = subject_of(shown)
    if operation == "simplereenroll":
        if not shown or "Maker" in subject:
            return 403, {"Content-Type": "text/plain"}, b"renewals need a certificate of this authority"
    elif not (shown or request.headers.get("authorization") == "Basic " + PASSWORD):
        return 401, {"WWW-Authenticate": 'Basic realm="est"', "Content-Type": "text/plain"}, b"who are you?"
    der = base64.b64decode(request.body)
    text = openssl("req", "-inform", "DER", "-verify", "-noout", "-text", stdin=der).decode()
    if operation == "simplereenroll":
        requested = openssl("req", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253", stdin=der).decode()
        if requested.strip() != "subject=" + subject:
            return 403, {"Content-Type": "text/plain"}, f"{requested} is not {subject}".encode()
    if label == "attributes":
        binding = base64.b64encode(connection.get_channel_binding("tls-unique")).decode()
        if binding not in text.replace("\n", ""):
            return 400, {"Content-Type": "text/plain"}, b"the channel binding is missing or another connection's"
    key = hashlib.sha256(openssl("req", "-inform", "DER", "-noout", "-pubkey", stdin=der)).hexdigest()
    if operation == "simpleenroll" and label == "silent" and first((label, key)):
        return None
    if label == "patient":
        return 202, {"Retry-After": "86400"}, b""
    if operation == "simpleenroll" and label in ("plain", "busy") and first((label, key)):
        return 202, {"Retry-After": "1", "Content-Type": "text/plain"}, b"someone has to look at it\r\n"
    if operation == "serverkeygen":
        return generated(der)
    return 200, {"Content-Type": "application/pkcs7-mime; smime-type=certs-only"}, encoded(indefinite(issue(der)))


def first(what):
    with lock:
        asked[what] = asked.get(what, 0) + 1
        return asked[what] == 1


def subject_of(shown):
    if not shown:
        return "-"
    names = {"commonName": "CN", "organizationName": "O"}
    return ",".join(f"{names[key]}={value}" for relative in reversed(shown["subject"]) for key, value in relative)


def issue(request):
    """certs-only, DER: the authorities before the certificate."""
    with lock:
        name = f"issued-{len(os.listdir(FOLDER))}.pem"
        openssl(
            "x509", "-req", "-inform", "DER", "-CA", path("issuing.pem"), "-CAkey", path("issuing.key"), "-days", "10",
            "-copy_extensions", "copyall", "-out", path(name), stdin=request)
        return certs_only("issuing.pem", "root.pem", name)


def generated(request):
    subject = openssl("req", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253", stdin=request).decode()
    with lock:
        openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", path("made.key"))
        made = openssl("req", "-new", "-key", path("made.key"), "-outform", "DER", "-config", "/dev/null",
                       "-subj", "/" + subject.strip().removeprefix("subject="))
        pkcs8 = openssl("pkcs8", "-topk8", "-nocrypt", "-in", path("made.key"), "-outform", "DER")
    part = "--a b+c\r\nContent-Type: {}\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    body = b"A preamble, which nobody reads.\r\n"
    # The certificate first: RFC 7030 §4.4.2 has the key first, not every server does.
    body += part.format("application/pkcs7-mime;\r\n smime-type=certs-only").encode() + encoded(issue(made))
    body += b"\r\n" + part.format("application/pkcs8").encode() + encoded(pkcs8)
    return 200, {"Content-Type": 'multipart/mixed; boundary="a b+c"'}, body + b"\r\n--a b+c--\r\nAn epilogue."


def encoded(der):
    return base64.encodebytes(der).replace(b"\n", b"\r\n") if len(der) < 10 else b"\r\n".join(
        base64.b64encode(der)[start:start + 64] for start in range(0, (len(der) + 2) // 3 * 4, 64)) + b"\r\n"


def serve(connection):
    try:
        while True:
            request = Request(connection)
            result = answer(request, connection)
            key = "-"
            if request.body:
                pem = openssl("req", "-inform", "DER", "-noout", "-pubkey", stdin=base64.b64decode(request.body))
                key = hashlib.sha256(pem).hexdigest()
            with lock, open(path("log"), "a") as log:
                status = result[0] if result else 0
                subject = subject_of(connection.getpeercert())
                log.write(f"{request.label} {request.operation} {status} {key} {subject}\n")
            if result is None:
                connection.recv(1)
                return
            status, headers, body = result
            if body:
                headers["Content-Transfer-Encoding"] = "base64"
            if request.label == "cut":
                body = body[:-40]
            chunked = request.operation.startswith("simple") and status == 200
            if chunked:
                headers["Transfer-Encoding"] = "chunked"
            elif status in (202, 307, 404):
                headers["Content-Length"] = str(len(body))
            head = "HTTP/1.1 " if chunked or "Content-Length" in headers else "HTTP/1.0 "
            head += f"{status} whatever\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers.items())
            if chunked:
                parts = [body[start:start + 100] for start in range(0, len(body), 100)]
                body = b"".join(b"%x;ext=1\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\nTrailer: x\r\n\r\n"
            connection.sendall(head.encode() + b"\r\n" + body)
            if not head.startswith("HTTP/1.1"):
                return
    except (EOFError, OSError):
        pass
    finally:
        # Without TLS's close_notify.
        connection.close()


def handshake(context, plain):
    try:
        plain.settimeout(60)
        serve(context.wrap_socket(plain, server_side=True))
    except OSError:
        plain.close()


def main():
    make_authorities()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(path("chain.pem"), path("server.key"))
    context.load_verify_locations(path("trusted.pem"))
    context.verify_mode = ssl.CERT_OPTIONAL
    listener = socket.create_server(("127.0.0.1", 0), backlog=64)
    with open(path("port.new"), "w") as file:
        file.write(str(listener.getsockname()[1]))
    os.rename(path("port.new"), path("port"))

    def accept():
        while True:
            plain, _ = listener.accept()
            threading.Thread(target=handshake, args=(context, plain), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    sys.stdin.buffer.read()


main()
