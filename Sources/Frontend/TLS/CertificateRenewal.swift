internal import ClusterProtocol
internal import Crypto
internal import Foundation
internal import Logging
internal import PKI
internal import ServiceLifecycle
internal import SwiftASN1
internal import X509

/// Gets the node's own TLS certificate from the signer, and the next one in time (design §8), or as soon as the
/// catalogue says that another chain goes with it: the authority is another one, or its root rolls over.
///
/// The key is made here once and stays; the signer decides the names.
struct CertificateRenewal: Service {
    let nodeName: String
    let files: IdentityFiles
    let identity: CurrentIdentity
    let signers: [SignerLink]
    let directory: CatalogueDirectory
    let logger: Logger
    /// How often the wall clock is looked at: a laptop that slept, or a clock that was set, must not miss the time.
    var checkInterval = Duration.seconds(30)
    /// How often the catalogue is looked at.
    private static let catalogueInterval = Duration.seconds(2)

    func run() async throws {
        let key = try files.loadOrMakeKey()
        let kept = useKept(key: key)
        try? await cancelWhenGracefulShutdown {
            try await keepCurrent(kept, key: key)
        }
    }

    /// The identity of the last run, where it can still be used.
    private func useKept(key: P256.Signing.PrivateKey) -> ServerIdentity? {
        guard let kept = files.load(key: key), kept.isValid(at: .now) else { return nil }
        do {
            try identity.use(kept)
            return kept
        } catch {
            logger.warning("Kept TLS certificate can't be used", metadata: ["error": "\(error)"])
            return nil
        }
    }

    private func keepCurrent(_ kept: ServerIdentity?, key: P256.Signing.PrivateKey) async throws {
        let jitter = Double.random(in: 0...1)
        var current = kept
        var failures = 0
        // What the catalogues said when the signer was last asked: where it gives another chain all the same, once is enough.
        var asked: [[Data]] = []
        while !Task.isCancelled {
            let chains = directory.nodeChains
            if let current, current.renewalTime(jitter: jitter) > .now,
                chains == asked || chains.isEmpty || chains.contains(Array(current.chain.dropFirst()))
            {
                try await Task.sleep(for: min(checkInterval, Self.catalogueInterval))
                continue
            }
            do {
                let next = try await renew(key: key)
                current = next
                failures = 0
                asked = chains
                if next.renewalTime(jitter: jitter) <= .now {
                    // A clock that is wrong, or a validity that is too short.
                    try await Task.sleep(for: checkInterval)
                }
            } catch {
                try Task.checkCancellation()
                failures += 1
                if failures == 1 || failures.isMultiple(of: 20) {
                    logger.warning(
                        "TLS certificate can't be renewed now",
                        metadata: [
                            "tls.not_after": "\(current?.leaf.notValidAfter.description ?? "none")",
                            "error": "\(error)",
                        ])
                }
                try await Task.sleep(for: Self.pause(afterFailures: failures, isServing: current != nil))
            }
        }
    }

    private func renew(key: P256.Signing.PrivateKey) async throws -> ServerIdentity {
        let request = try Self.certificationRequest(name: nodeName, key: key)
        var failure: (any Error)?
        for signer in signers {
            do {
                let reply = try await signer.call {
                    try await $0.nodeCertificate(NodeCertificateRequest(certificationRequest: request))
                }
                let next = try ServerIdentity(key: key, chain: reply.chain)
                guard next.isValid(at: .now) else { throw IdentityError("the new certificate is not valid now") }
                try identity.use(next)
                logger.notice(
                    "TLS certificate is in use",
                    metadata: [
                        "tls.not_after": "\(next.leaf.notValidAfter)",
                        "tls.serial": "\(next.leaf.serialNumber.bytes.hexadecimal)",
                    ])
                keep(next)
                return next
            } catch {
                failure = error
            }
        }
        throw failure ?? IdentityError("no signer is configured")
    }

    /// Only for the next start: serving does not depend on the disk.
    private func keep(_ identity: ServerIdentity) {
        do {
            try files.write(identity)
        } catch {
            logger.error("TLS certificate can't be kept", metadata: ["error": "\(error)"])
        }
    }

    static func certificationRequest(name: String, key: P256.Signing.PrivateKey) throws -> Data {
        let request = try CertificateSigningRequest(
            version: .v1, subject: DistinguishedName { CommonName(name) }, privateKey: .init(key),
            attributes: .init(), signatureAlgorithm: .ecdsaWithSHA256)
        return Data(try request.serializeAsPEM().derBytes)
    }

    /// Without any certificate nothing is served: then from a fifth of a second to two, else from a second to five
    /// minutes. Each with jitter.
    private static func pause(afterFailures failures: Int, isServing: Bool) -> Duration {
        let first = isServing ? 1.0 : 0.2
        let longest = isServing ? 300.0 : 2.0
        return .seconds(min(first * pow(2, Double(min(failures, 12) - 1)), longest) * Double.random(in: 0.75...1.25))
    }
}
