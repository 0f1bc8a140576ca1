@_spi(DisableValidityCheck) internal import X509

/// One search for a path from a leaf to any of the manufacturers that a label trusts.
///
/// One for all of them, not one each: what the client presents is verified once, and the budget is the judgement's.
struct ManufacturerPathSearch {
    let leaf: Certificate
    let presented: [Certificate]
    let manufacturers: [ManufacturerTrust]

    /// Whether issuers' names lead from the leaf to an anchor. Verifies nothing.
    var isPromising: Bool {
        let anchors = Set(manufacturers.flatMap(\.anchors).map(\.subject.comparable))
        let intermediates = (presented + manufacturers.flatMap(\.intermediates)).map {
            (subject: $0.subject.comparable, issuer: $0.issuer.comparable)
        }
        var reached: Set = [leaf.issuer.comparable]
        for _ in 1..<ClientCertificate.maximumPathLength {
            guard reached.isDisjoint(with: anchors) else { return true }
            let before = reached.count
            reached.formUnion(intermediates.filter { reached.contains($0.subject) }.map(\.issuer))
            guard reached.count > before else { return false }
        }
        return !reached.isDisjoint(with: anchors)
    }

    func judge(now: Int64, verifications: SearchBudget) async -> ClientCertificate.ManufacturerJudgement {
        let intermediates = presented + manufacturers.flatMap(\.intermediates)
        let expectedKeys = Set(([leaf] + intermediates).compactMap(\.issuerKeyIdentifier))
        func store(_ certificates: [Certificate]) -> CertificateStore {
            CertificateStore(
                custom: BoundedCertificateStore(
                    certificates, expectedKeys: expectedKeys, lookups: ClientCertificate.maximumPathLookups,
                    verifications: verifications))
        }
        let clock = ManufacturerPathPolicy.Clock(now: now)
        var verifier = Verifier(rootCertificates: store(manufacturers.flatMap(\.anchors))) {
            RFC5280Policy.withValidityCheckDisabled()
            // Last: a path that fails for its time alone is otherwise a good one.
            ManufacturerPathPolicy(clock: clock) { manufacturer(of: $0)?.name }
        }
        switch await verifier.validate(leaf: leaf, intermediates: store(intermediates)) {
        case .validCertificate(let valid):
            let path = Array(valid)
            guard let manufacturer = manufacturer(of: path) else { return .noPath }
            return .accepted(
                ManufacturerPath(
                    manufacturer: manufacturer.name, certificates: path,
                    notBefore: path.map(\.firstSecond).max() ?? now, notAfter: path.map(\.lastSecond).min() ?? now))
        case .couldNotValidate:
            return clock.failure.map { .outsideValidity(manufacturer: $0.manufacturer, reason: $0.reason) } ?? .noPath
        }
    }

    /// The first whose anchor and whose intermediates, or the client's, the path is made of.
    private func manufacturer(of path: [Certificate]) -> ManufacturerTrust? {
        guard let anchor = path.last else { return nil }
        let others = path.dropFirst().dropLast().filter { !presented.contains($0) }
        return manufacturers.first { manufacturer in
            manufacturer.anchors.contains(anchor) && others.allSatisfy(manufacturer.intermediates.contains)
        }
    }
}
