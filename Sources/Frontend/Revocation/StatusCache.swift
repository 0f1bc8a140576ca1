internal import NIOCore
internal import PKI

/// An OCSP response as the signer made it.
struct StatusAnswer: Sendable {
    /// An OCSPResponse, DER.
    let body: ByteBuffer
    /// In seconds since 1970.
    let thisUpdate: Int64
    let nextUpdate: Int64
    let version: EntityVersion
}

/// The OCSP responses that are kept, and until when (design §5 step 2).
///
/// Pure: time comes in. A revocation must show at once: a newer CRL of an authority ends everything that is kept of that
/// authority, and what was made before it is not kept.
struct StatusCache {
    struct Key: Hashable, Sendable {
        var serial: [UInt8]
        var hash: OCSPIdentifierHash
    }

    fileprivate struct Entry {
        var answer: StatusAnswer
        /// In seconds since 1970; no longer kept in that second.
        var end: Int64
    }

    /// What is kept of one authority.
    struct Shelf {
        fileprivate(set) var listNumber = Int64.min
        fileprivate var entries: [Key: Entry] = [:]
        /// Exactly the keys of the entries, in the order in which they came.
        fileprivate var order = CircularBuffer<Key>()
    }

    /// The longest that a response is kept, in seconds, however late its nextUpdate is.
    static let longestTime: Int64 = 4 * 3_600

    let maximumCount: Int
    private(set) var count = 0
    private var shelves: [ServedAuthority.ID: Shelf] = [:]

    init(maximumCount: Int) {
        self.maximumCount = maximumCount
    }

    /// The number of the newest CRL that is known of the authority.
    func listNumber(of authority: ServedAuthority.ID) -> Int64 {
        shelves[authority]?.listNumber ?? .min
    }

    func answer(_ key: Key, of authority: ServedAuthority.ID, at now: Int64) -> StatusAnswer? {
        guard let entry = shelves[authority]?.entries[key], now < entry.end else { return nil }
        return entry.answer
    }

    /// There is a CRL with this number: what is kept from before it ends.
    ///
    /// - Returns: What was kept, so that it can be released outside of a lock.
    mutating func advance(_ authority: ServedAuthority.ID, to number: Int64) -> Shelf? {
        guard number > listNumber(of: authority) else { return nil }
        let old = shelves.updateValue(Shelf(listNumber: number), forKey: authority)
        count -= old?.entries.count ?? 0
        return old
    }

    /// Keeps a response, unless it is from before the newest CRL or ends now.
    mutating func keep(
        _ answer: StatusAnswer, _ key: Key, of authority: ServedAuthority.ID, listNumber: Int64, at now: Int64
    ) {
        guard maximumCount > 0, listNumber == self.listNumber(of: authority) else { return }
        let end = min(answer.nextUpdate, now + Self.longestTime)
        guard now < end else { return }
        if shelves[authority]?.entries.updateValue(Entry(answer: answer, end: end), forKey: key) == nil {
            shelves[authority]?.order.append(key)
            count += 1
        }
        while count > maximumCount, dropOldest() {}
    }

    /// Forgets the authorities that are no more.
    mutating func keep(only authorities: Set<ServedAuthority.ID>, of signer: Int) {
        shelves = shelves.filter { $0.key.signer != signer || authorities.contains($0.key) }
        count = shelves.values.reduce(0) { $0 + $1.entries.count }
    }

    /// Drops the oldest entry of the authority that has the most: one that nobody asks much about keeps its own.
    private mutating func dropOldest() -> Bool {
        guard let largest = shelves.max(by: { $0.value.entries.count < $1.value.entries.count })?.key,
            let key = shelves[largest]?.order.popFirst()
        else { return false }
        shelves[largest]?.entries[key] = nil
        count -= 1
        return true
    }
}
