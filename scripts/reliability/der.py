"""As much of DER and X.509 as tells who a certificate is for."""

import hashlib

COMMON_NAME = bytes.fromhex("0603550403")


def element(der, start):
    """Where the content of the element at `start` begins and ends."""
    length, content = der[start + 1], start + 2
    if length & 0x80:
        octets = length & 0x7F
        length, content = int.from_bytes(der[content:content + octets], "big"), content + octets
    end = content + length
    if end > len(der):
        raise ValueError("the certificate is cut off")
    return content, end


def children(der, start):
    """The elements inside of the one at `start`, as (start, end)."""
    position, end = element(der, start)
    found = []
    while position < end:
        _, next_position = element(der, position)
        found.append((position, next_position))
        position = next_position
    return found


def identity(certificate):
    """The common name and the SHA-256 of the public key of a certificate (RFC 5280 §4.1)."""
    tbs = children(certificate, children(certificate, 0)[0][0])
    fields = tbs[1:] if certificate[tbs[0][0]] == 0xA0 else tbs
    # serialNumber, signature, issuer, validity, subject, subjectPublicKeyInfo
    subject, key = fields[4], fields[5]
    name = None
    for rdn, _ in children(certificate, subject[0]):
        for attribute, _ in children(certificate, rdn):
            kind, value = children(certificate, attribute)
            if certificate[kind[0]:kind[1]] == COMMON_NAME:
                content, end = element(certificate, value[0])
                name = certificate[content:end].decode()
    return name, hashlib.sha256(certificate[key[0]:key[1]]).hexdigest()
