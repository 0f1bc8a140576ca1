internal import ClusterProtocol
internal import Foundation
internal import Synchronization

/// The labels and authorities that this frontend serves now, of all its signers.
final class CatalogueDirectory: Sendable {
    private struct State {
        var bySigner: [Int: [ServedLabel]] = [:]
        var versions: [Int: Int] = [:]
        var labels: [String: ServedLabel] = [:]
        var authoritiesBySigner: [Int: [ServedAuthority]] = [:]
        var authorities: [String: ServedAuthority] = [:]
        var nodeChains: [Int: [Data]] = [:]
    }

    private let state = Mutex(State())

    /// Whether there is anything to serve.
    var isEmpty: Bool {
        state.withLock { $0.versions.isEmpty }
    }

    /// The version of a signer's catalogue that is in force; 0 where there is none.
    func version(of signer: Int) -> Int {
        state.withLock { $0.versions[signer] ?? 0 }
    }

    func label(_ name: String) -> ServedLabel? {
        state.withLock { $0.labels[name] }
    }

    /// The authority of that name; of two signers with one authority the first in the configuration counts.
    func authority(_ name: String) -> ServedAuthority? {
        state.withLock { $0.authorities[name] }
    }

    /// The authorities of one signer.
    func authorities(of signer: Int) -> [ServedAuthority] {
        state.withLock { $0.authoritiesBySigner[signer] ?? [] }
    }

    /// What this node's certificate goes with in TLS, by the catalogue of each signer; DER.
    var nodeChains: [[Data]] {
        state.withLock { $0.nodeChains.sorted { $0.key < $1.key }.map(\.value) }
    }

    /// Replaces what a signer's catalogue says, as one step.
    func apply(
        _ labels: [ServedLabel], authorities: [ServedAuthority], nodeChain: [Data]?, version: Int, of signer: Int
    ) {
        state.withLock { state in
            state.nodeChains[signer] = nodeChain
            state.bySigner[signer] = labels
            state.authoritiesBySigner[signer] = authorities
            state.versions[signer] = version
            state.authorities = [:]
            for (_, authorities) in state.authoritiesBySigner.sorted(by: { $0.key < $1.key }) {
                for authority in authorities where state.authorities[authority.id.name] == nil {
                    state.authorities[authority.id.name] = authority
                }
            }
            state.labels = [:]
            // Of two signers with one label the first in the configuration counts.
            for (_, labels) in state.bySigner.sorted(by: { $0.key < $1.key }) {
                for label in labels where state.labels[label.description.name] == nil {
                    state.labels[label.description.name] = label
                }
            }
        }
    }
}
