internal import Synchronization

/// The CRLs that this frontend serves now.
final class RevocationLists: Sendable {
    private let state = Mutex<[ServedAuthority.ID: HeldRevocationList]>([:])

    func list(of authority: ServedAuthority.ID) -> HeldRevocationList? {
        state.withLock { $0[authority] }
    }

    var all: [(authority: ServedAuthority.ID, list: HeldRevocationList)] {
        state.withLock { lists in lists.map { ($0.key, $0.value) } }
    }

    func serve(_ list: HeldRevocationList, of authority: ServedAuthority.ID) {
        state.withLock { $0[authority] = list }
    }

    /// Forgets the CRLs of a signer's authorities that are no more.
    func keep(only authorities: Set<ServedAuthority.ID>, of signer: Int) {
        state.withLock { lists in
            lists = lists.filter { $0.key.signer != signer || authorities.contains($0.key) }
        }
    }
}
