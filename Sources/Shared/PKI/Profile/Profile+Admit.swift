internal import SwiftASN1
package import X509

extension Profile {
    /// Judges a request by every rule of this profile (design §8), and says what the certificate takes from it.
    ///
    /// Nothing here depends on who asks. The end of the validity can be asked for with a privateKeyUsagePeriod
    /// (2.5.29.16), for which a certification request has no attribute of its own; the extension itself does not go into
    /// the certificate.
    ///
    /// - Parameters:
    ///   - now: in seconds since 1970.
    ///   - changesNames: whether a ChangeSubjectName counts: at a renewal, on a label that allows it. Otherwise a request
    ///     that has one is refused.
    ///   - held: at a renewal the certificate that is renewed. The request's names equal its names by value, and its
    ///     spelling is what goes on; so that is what is judged.
    /// - Throws: ``ProfileViolation``.
    package func admit(
        _ request: CertificationRequest, now: Int64, changesNames: Bool = false, renewing held: Certificate? = nil
    ) throws -> AdmittedRequest {
        try admitKey(request.key)
        guard let algorithm = request.signatureAlgorithm, signatureAlgorithms.contains(algorithm) else {
            throw ProfileViolation(
                .signatureAlgorithm, request.signatureAlgorithmName,
                "is not among the signature algorithms that are allowed: "
                    + signatureAlgorithms.map(\.rawValue).joined(separator: ", "))
        }
        // Whoever reads the rules above and loosens them still gets no certificate for a key that proved nothing.
        guard let publicKey = request.publicKey else {
            throw ProfileViolation(.keyAlgorithm, request.key.description, "is not supported")
        }
        return try admit(
            request, publicKey: publicKey, kind: request.key.kind, keyName: request.key.description, now: now,
            changesNames: changesNames, renewing: held)
    }

    /// Judges everything but the key of a request for a certificate on a key that the signer makes (RFC 7030 §4.4).
    /// - Throws: ``ProfileViolation``; also where the profile is not for that.
    package func admitForServerKey(_ request: CertificationRequest, now: Int64) throws -> AdmittedRequest {
        guard let serverKey else {
            throw ProfileViolation(.keyAlgorithm, name, "is a profile without a kind of key that the server makes")
        }
        return try admit(
            request, publicKey: nil, kind: serverKey.outline, keyName: serverKey.rawValue, now: now,
            changesNames: false, renewing: nil)
    }

    private func admit(
        _ request: CertificationRequest, publicKey: Certificate.PublicKey?, kind: KeyOutline.Kind, keyName: String,
        now: Int64, changesNames: Bool, renewing held: Certificate?
    ) throws -> AdmittedRequest {
        var remarks = request.unknownAttributes.map { "The attribute \($0) was ignored." }
        if request.changeSubjectName != nil, !changesNames {
            throw ProfileViolation(.changeSubjectName, "ChangeSubjectName", "is not allowed for this request")
        }
        // What a ChangeSubjectName leaves out stays as it is (RFC 6402 §2.8).
        let requestedNames =
            try request.changeSubjectName?.alternativeNames ?? held.map { try AlternativeName.list(of: $0) }
            ?? request.alternativeNames ?? []
        let subject = try admitSubject(
            request.changeSubjectName?.subject ?? held?.subject ?? request.subject, remarks: &remarks)
        let alternativeNames = try names.admit(requestedNames)
        guard !subject.isEmpty || !alternativeNames.isEmpty else {
            throw ProfileViolation(.subjectRequired, "", "is an empty subject, and there is no subjectAltName either")
        }

        let keyUsages = try admitKeyUsage(
            request.extensions.keyUsageBits, kind: kind, keyName: keyName, remarks: &remarks)
        let extendedKeyUsages = try admitExtendedKeyUsage(request.extensions)
        try admitOtherExtensions(request.extensions, remarks: &remarks)
        let end = try validity.admit(request.extensions.period, now: now, remarks: &remarks)
        return AdmittedRequest(
            publicKey: publicKey, subject: subject, alternativeNames: alternativeNames,
            names: CanonicalName.list(
                subject: subject, alternativeNames: requestedNames, hosts: names.knownHosts),
            keyUsages: keyUsages, extendedKeyUsages: extendedKeyUsages,
            extendedKeyUsageIsCritical: request.extensions.extendedKeyUsageIsCritical, requestedNotAfter: end,
            remarks: remarks)
    }

    private func admitKey(_ key: KeyOutline) throws {
        let rules = keys.filter { $0.isOfKind(key.kind) }
        guard !rules.isEmpty else {
            throw ProfileViolation(
                .keyAlgorithm, key.description,
                "is not among the kinds of key that are allowed: " + keys.map(\.shown).joined(separator: ", "))
        }
        if case .rsa(let bits, let exponent) = key.kind {
            let sized = rules.filter { $0.allows(bits: bits) }
            guard !sized.isEmpty else {
                throw ProfileViolation(
                    .keySize, key.description,
                    "has a size that is not allowed; allowed: " + rules.map(\.shown).joined(separator: ", "))
            }
            // A weak exponent has a name of its own; what is wrong with it is the exponent, whatever else is.
            guard sized.contains(where: { $0.allows(exponent: exponent) }) else {
                throw ProfileViolation(
                    .keyExponent, "\(key.description), exponent 0x\(DisplayText.escape(exponent.hexadecimal))",
                    "has a public exponent that is too small")
            }
        }
        if let weakness = key.weakness {
            throw ProfileViolation(.keyWeak, key.description, "is a weak key: \(weakness)")
        }
    }

    private func admitKeyUsage(
        _ requested: [Int]?, kind: KeyOutline.Kind, keyName: String, remarks: inout [String]
    ) throws -> [KeyUsageRule.Usage] {
        let suitable = KeyUsageRule.Usage.suitable(for: kind)
        var usages = keyUsage.standard
        if let bits = requested {
            usages = []
            for bit in bits {
                let usage = KeyUsageRule.Usage(bit: bit)
                let name = usage?.rawValue ?? KeyUsageRule.Usage.otherNames[bit] ?? "bit-\(bit)"
                if let usage, !suitable.contains(usage) {
                    // Stock configurations ask every key for keyEncipherment; RFC 5480 and RFC 8410 forbid it for most.
                    remarks.append("The key usage \(name) was left out: it is not for \(keyName).")
                } else if let usage, keyUsage.allowed.contains(usage) {
                    usages.append(usage)
                } else if keyUsage.narrows {
                    remarks.append("The key usage \(name) was left out: the profile does not allow it.")
                } else {
                    throw ProfileViolation(.keyUsage, name, "is not allowed")
                }
            }
        }
        usages = KeyUsageRule.Usage.allCases.filter { usages.contains($0) && suitable.contains($0) }
        guard !usages.isEmpty else {
            throw ProfileViolation(
                .keyUsage, keyName, "is a key for which nothing of the key usage is allowed")
        }
        return usages
    }

    private func admitExtendedKeyUsage(_ extensions: RequestedExtensions) throws -> [ASN1ObjectIdentifier] {
        guard let requested = extensions.extendedKeyUsages else {
            return extendedKeyUsage.standard.compactMap(ObjectIdentifiers.known)
        }
        let allowed = Set(extendedKeyUsage.allowed.compactMap(ObjectIdentifiers.known))
        for usage in requested where !allowed.contains(usage) {
            let dotted = DisplayText.escape(usage.description)
            let name = ExtendedKeyUsageRule.names[dotted].map { "\($0) (\(dotted))" } ?? dotted
            throw ProfileViolation(.extendedKeyUsage, name, "is not allowed")
        }
        return requested
    }

    private func admitOtherExtensions(_ extensions: RequestedExtensions, remarks: inout [String]) throws {
        if let constraints = extensions.basicConstraints {
            guard !constraints.isAuthority else {
                throw ProfileViolation(.basicConstraints, "CA:TRUE", "is not allowed: no device is an authority")
            }
            guard !constraints.hasPathLength else {
                throw ProfileViolation(.basicConstraints, "pathLenConstraint", "is not allowed without CA:TRUE")
            }
        }
        if extensions.hasSubjectKeyIdentifier {
            remarks.append("The subject key identifier was computed anew.")
        }
        for one in extensions.all where !ObjectIdentifiers.Extension.known.contains(one.identifier) {
            let dotted = one.identifier.description
            guard !one.isCritical else {
                throw ProfileViolation(
                    .criticalExtension, DisplayText.escape(dotted), "is a critical extension that is not supported")
            }
            guard ignoredExtensions.contains(dotted) else {
                throw ProfileViolation(
                    .unknownExtension, DisplayText.escape(dotted), "is an extension that is not supported")
            }
            remarks.append("The extension \(DisplayText.escape(dotted)) was ignored.")
        }
    }
}

extension ValidityRule {
    /// The end that a request asks for, within the maximum; nil where it asks for none.
    func admit(_ period: RequestedExtensions.Period?, now: Int64, remarks: inout [String]) throws -> Int64? {
        guard let period else { return nil }
        if let start = period.notBefore {
            guard start <= now else { throw ProfileViolation(.validity, "\(start)", "is a start in the future") }
            remarks.append("The requested start of the validity was ignored.")
        }
        guard let end = period.notAfter else { return nil }
        guard end > now else { throw ProfileViolation(.validity, "\(end)", "is an end in the past") }
        // A configured maximum is bounded, and so is the clock: but neither is this function's to trust.
        let (latest, overflow) = now.addingReportingOverflow(maximum)
        guard !overflow, end > latest else { return end }
        guard longer == .clamp else {
            throw ProfileViolation(
                .validity, "\((end - now + 86_399) / 86_400) days",
                "is longer than the \(maximum / 86_400) days allowed")
        }
        remarks.append("The requested end of the validity was cut to the profile's maximum.")
        return latest
    }
}

extension ServerKey {
    /// The kind of key, as that of a request would be described.
    var outline: KeyOutline.Kind {
        switch self {
        case .p256: .p256
        case .p384: .p384
        case .ed25519: .ed25519
        case .rsa2048: .rsa(bits: 2048, exponent: [1, 0, 1])
        case .rsa3072: .rsa(bits: 3072, exponent: [1, 0, 1])
        }
    }

    /// Whether the rules allow such a key where a request brings it.
    package func isAllowed(by rules: [KeyRule]) -> Bool {
        rules.contains { rule in
            guard rule.isOfKind(outline) else { return false }
            guard case .rsa(let bits, let exponent) = outline else { return true }
            return rule.allows(bits: bits) && rule.allows(exponent: exponent)
        }
    }
}

extension KeyRule {
    func isOfKind(_ kind: KeyOutline.Kind) -> Bool {
        switch (self, kind) {
        case (.p256, .p256), (.p384, .p384), (.p521, .p521), (.ed25519, .ed25519), (.rsa, .rsa): true
        default: false
        }
    }

    func allows(bits: Int) -> Bool {
        guard case .rsa(let minimum, let maximum, _) = self else { return false }
        return minimum <= maximum && (minimum...maximum).contains(bits)
    }

    func allows(exponent: [UInt8]) -> Bool {
        guard case .rsa(_, _, let minimum) = self else { return false }
        let least = withUnsafeBytes(of: UInt64(max(minimum, 0)).bigEndian) { Array($0.drop { $0 == 0 }) }
        guard exponent.count == least.count else { return exponent.count > least.count }
        return !exponent.lexicographicallyPrecedes(least)
    }

    /// The rule as a refusal names it.
    var shown: String {
        switch self {
        case .p256: "P-256"
        case .p384: "P-384"
        case .p521: "P-521"
        case .ed25519: "Ed25519"
        case .rsa(let minimum, let maximum, _): "RSA \(minimum) to \(maximum)"
        }
    }
}

extension KeyUsageRule.Usage {
    init?(bit: Int) {
        switch bit {
        case 0: self = .digitalSignature
        case 1: self = .nonRepudiation
        case 2: self = .keyEncipherment
        case 3: self = .dataEncipherment
        case 4: self = .keyAgreement
        default: return nil
        }
    }

    private static let suitableForRSA: Set<Self> = [
        .digitalSignature, .nonRepudiation, .keyEncipherment, .dataEncipherment,
    ]
    private static let suitableForECDSA: Set<Self> = [.digitalSignature, .nonRepudiation, .keyAgreement]
    private static let suitableForEdDSA: Set<Self> = [.digitalSignature, .nonRepudiation]

    static let otherNames = [5: "key-cert-sign", 6: "crl-sign", 7: "encipher-only", 8: "decipher-only"]

    /// What keys of a kind can be used for (RFC 4055 §1.2, RFC 5480 §3, RFC 8410 §5).
    static func suitable(for kind: KeyOutline.Kind) -> Set<Self> {
        switch kind {
        case .rsa: suitableForRSA
        case .p256, .p384, .p521: suitableForECDSA
        case .ed25519: suitableForEdDSA
        case .other: []
        }
    }
}

extension ExtendedKeyUsageRule {
    static let names = [
        "2.5.29.37.0": "anyExtendedKeyUsage", "1.3.6.1.5.5.7.3.1": "serverAuth", "1.3.6.1.5.5.7.3.2": "clientAuth",
        "1.3.6.1.5.5.7.3.3": "codeSigning", "1.3.6.1.5.5.7.3.4": "emailProtection",
        "1.3.6.1.5.5.7.3.8": "timeStamping", "1.3.6.1.5.5.7.3.9": "ocspSigning", "1.3.6.1.5.5.7.3.28": "cmcRA",
    ]
}
