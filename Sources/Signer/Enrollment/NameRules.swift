internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import GRDB
internal import PKI

/// Names are owned: who may get a certificate on which names (design §6).
enum NameRules {
    /// The device that a request's names belong to; nil where all of them are free.
    ///
    /// A certificate asks for the names that it or its device has, and for free ones with ChangeSubjectName; a secret, a
    /// registration authority and a manufacturer's certificate, whose names the label's rule gives, for free ones.
    ///
    /// - Parameter predecessor: the device that got a certificate for this very request before, whose place the new one
    ///   takes.
    /// - Throws: `nameHeld`, `nameBlocked`, `nameMismatch`, `secretNotForName`.
    static func device(
        for names: [CanonicalName], requester: Requester, keySHA256: Data, changesNames: Bool = false,
        succeeding predecessor: Int64? = nil, now: Int64, _ db: Database
    ) throws -> Int64? {
        if let bound = requester.secret?.names {
            for name in names where !isBound(name, to: bound) {
                throw ServiceError(
                    .secretNotForName, "The secret is bound to other names: it may not ask for «\(name)».")
            }
        }
        var devices: Set<Int64> = []
        let known = try requester.device ?? manufacturedDevice(requester, db)
        if let known {
            devices.insert(known)
        }
        let own =
            try requester.device == nil
            ? [] : requester.certificate.map { try Set(CanonicalName.list(of: $0.certificate)) } ?? []
        for name in names {
            let holding = try NameTable.find(db, name: name.description)
            if let device = requester.device, requester.secret == nil, !changesNames, holding?.device != device,
                !own.contains(name)
            {
                throw ServiceError(
                    .nameMismatch,
                    "The name «\(name)» is not one of the certificate's device: a new name needs a secret.")
            }
            guard let holding else { continue }
            if holding.isBlocked && known != holding.device {
                throw ServiceError(
                    .nameBlocked, "The name «\(name)» belongs to a revoked device and waits for the operator's release."
                )
            }
            guard holding.heldUntil >= now else { continue }
            guard
                holding.device == predecessor
                    || mayTake(holding, name: name, by: known, requester: requester, keySHA256: keySHA256)
            else {
                throw ServiceError(
                    .nameHeld, "The name «\(name)» is held by another device: name held until its certificate ends.")
            }
            devices.insert(holding.device)
        }
        guard devices.count <= 1 else {
            throw ServiceError(.nameHeld, "The names are held by different devices: name held.")
        }
        return devices.first
    }

    /// The device that came with this manufacturer certificate before.
    static func manufacturedDevice(_ requester: Requester, _ db: Database) throws -> Int64? {
        try requester.manufacturer.flatMap {
            try ManufacturerTable.device(db, identity: $0.identity, keySHA256: $0.keySHA256)
        }
    }

    /// Whether an operator's list of names, written with or without their kinds, has this one.
    static func isBound(_ name: CanonicalName, to bound: [String]) -> Bool {
        bound.contains { text in
            text == name.description || text.lowercased() == name.value.lowercased()
        }
    }

    private static func mayTake(
        _ holding: NameHolding, name: CanonicalName, by known: Int64?, requester: Requester, keySHA256: Data
    ) -> Bool {
        if holding.device == known { return true }
        // A certificate of ours stands for its device alone.
        if requester.device != nil { return false }
        if holding.keySHA256 == keySHA256 { return true }
        // A secret for exactly this name, made since the last issuance on it: the operator wants the device anew.
        guard let secret = requester.secret, let bound = secret.names else { return false }
        return isBound(name, to: bound) && secret.createdAt > holding.boundAt
    }
}
