internal import ClusterProtocol
internal import Foundation
internal import PKI

/// A device maker whose certificates labels accept for a first enrollment, as `policy.yaml` describes it (design §6).
struct Manufacturer: Sendable, Equatable {
    /// How the maker tells which of its certificates no longer count.
    struct RevocationRule: Sendable, Equatable {
        enum Stale: String, Sendable, CaseIterable {
            /// Without a current list nobody is let in.
            case refuse
            /// An old list is better than none; the event says that it was one.
            case accept
        }

        /// PEM or DER files; read again whenever they change.
        var paths: [String]
        /// How old a list may be, in seconds, whatever it says of itself; nil: until its own end.
        var maximumAge: Int64?
        var stale: Stale
    }

    var trust: ManufacturerTrust
    /// What frontends need of it. They get no lists: revocation is the signer's to judge.
    var description: ManufacturerDescription
    /// nil: the maker revokes nothing.
    var revocation: RevocationRule?
}
