internal import ClusterTransport
internal import Foundation
internal import Logging

/// The authorities' OCSP responders: made on the first ask, renewed at half of their life.
actor DelegatedResponders {
    private let core: SignerCore
    private var held: [String: DelegatedResponder] = [:]
    /// At most one an authority is made at a time; whoever else asks waits for it.
    private var making: [String: Task<DelegatedResponder, any Error>] = [:]

    init(core: SignerCore) {
        self.core = core
    }

    /// The responder to sign with now.
    ///
    /// - Throws: what kept the first one from being made. Where one can't be renewed, the old one serves until its end.
    func responder(for authority: IssuingAuthority) async throws -> DelegatedResponder {
        let now = core.seconds()
        let present = held[authority.name]
        if let present, present.isFresh(at: now, authorityEnd: authority.notAfter) { return present }
        do {
            return try await renewed(authority)
        } catch {
            guard let present, present.isValid(at: now) else { throw error }
            core.logger.error(
                "an OCSP responder's certificate could not be renewed",
                metadata: ["authority": "\(authority.name)", "not.after": "\(present.notAfter)", "error": "\(error)"])
            return present
        }
    }

    /// Has the next answer signed by another responder: this one's certificate was revoked.
    func discard(serial: Data, of authority: IssuingAuthority) {
        if held[authority.name]?.serial == serial {
            held[authority.name] = nil
        }
    }

    private func renewed(_ authority: IssuingAuthority) async throws -> DelegatedResponder {
        if let task = making[authority.name] { return try await task.value }
        let issuance = DelegatedResponderIssuance(core: core, authority: authority)
        // A task of its own: the caller that came first may be cancelled, and others wait for the same.
        let task = Task { try await issuance.issue() }
        making[authority.name] = task
        defer { making[authority.name] = nil }
        let responder = try await task.value
        held[authority.name] = responder
        return responder
    }
}
