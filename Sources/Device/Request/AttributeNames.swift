/// Object identifiers as people call them.
package enum AttributeNames {
    package static func text(_ identifier: String) -> String {
        names[identifier].map { "\($0) (\(identifier))" } ?? identifier
    }

    private static let names = [
        "2.5.4.3": "CN", "2.5.4.5": "serialNumber", "2.5.4.6": "C", "2.5.4.7": "L", "2.5.4.8": "ST", "2.5.4.10": "O",
        "2.5.4.11": "OU", "1.2.840.113549.1.9.1": "emailAddress", "2.5.29.14": "subjectKeyIdentifier",
        "2.5.29.15": "keyUsage", "2.5.29.17": "subjectAltName", "2.5.29.19": "basicConstraints",
        "2.5.29.32": "certificatePolicies", "2.5.29.37": "extKeyUsage", "1.3.6.1.1.1.1.22": "macAddress",
    ]
}
