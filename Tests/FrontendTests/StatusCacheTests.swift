internal import NIOCore
internal import PKI
internal import Testing

@testable internal import Frontend

@Suite struct StatusCacheTests {
    private let first = ServedAuthority.ID(signer: 0, name: "a", fingerprint: "1")
    private let second = ServedAuthority.ID(signer: 1, name: "b", fingerprint: "2")

    private func key(_ serial: UInt8) -> StatusCache.Key { .init(serial: [serial], hash: .sha1) }

    private func answer(until nextUpdate: Int64) -> StatusAnswer {
        StatusAnswer(
            body: ByteBuffer(), thisUpdate: 0, nextUpdate: nextUpdate, version: .init(of: [], modifiedAt: 0))
    }

    private func cache(_ maximumCount: Int = 10, number: Int64 = 7) -> StatusCache {
        var cache = StatusCache(maximumCount: maximumCount)
        _ = cache.advance(first, to: number)
        return cache
    }

    @Test func whatIsKeptEndsWithItsNextUpdate() {
        var cache = cache()
        cache.keep(answer(until: 100), key(1), of: first, listNumber: 7, at: 50)
        #expect(cache.answer(key(1), of: first, at: 99) != nil)
        #expect(cache.answer(key(1), of: first, at: 100) == nil)
        #expect(cache.answer(.init(serial: [1], hash: .sha256), of: first, at: 60) == nil)
        #expect(cache.answer(key(1), of: second, at: 60) == nil)
        cache.keep(answer(until: 50), key(2), of: first, listNumber: 7, at: 50)
        #expect(cache.count == 1)
    }

    @Test func nothingIsKeptForLongerThanFourHours() {
        var cache = cache()
        cache.keep(answer(until: 1_000_000), key(1), of: first, listNumber: 7, at: 0)
        #expect(cache.answer(key(1), of: first, at: 4 * 3_600 - 1) != nil)
        #expect(cache.answer(key(1), of: first, at: 4 * 3_600) == nil)
    }

    @Test func aNewerListEndsWhatIsKeptOfThatAuthorityOnly() {
        var cache = cache()
        _ = cache.advance(second, to: 3)
        cache.keep(answer(until: 100), key(1), of: first, listNumber: 7, at: 0)
        cache.keep(answer(until: 100), key(1), of: second, listNumber: 3, at: 0)
        #expect(cache.advance(first, to: 7) == nil)
        #expect(cache.advance(first, to: 6) == nil)
        #expect(cache.count == 2)
        #expect(cache.advance(first, to: 8) != nil)
        #expect(cache.count == 1)
        #expect(cache.answer(key(1), of: first, at: 1) == nil)
        #expect(cache.answer(key(1), of: second, at: 1) != nil)
    }

    @Test func whatIsFromBeforeTheNewestListIsNotKept() {
        var cache = cache(number: 8)
        cache.keep(answer(until: 100), key(1), of: first, listNumber: 7, at: 0)
        #expect(cache.count == 0)
        cache.keep(answer(until: 100), key(1), of: first, listNumber: 8, at: 0)
        #expect(cache.count == 1)
    }

    @Test func theOldestGoesWhereThereAreTooMany() {
        var cache = cache(3)
        _ = cache.advance(second, to: 1)
        cache.keep(answer(until: 100), key(9), of: second, listNumber: 1, at: 0)
        for serial in 1...20 as ClosedRange<UInt8> {
            cache.keep(answer(until: 100), key(serial), of: first, listNumber: 7, at: 0)
            // Again: it takes no second place.
            cache.keep(answer(until: 100), key(serial), of: first, listNumber: 7, at: 0)
        }
        #expect(cache.count == 3)
        #expect(cache.answer(key(18), of: first, at: 1) == nil)
        #expect(cache.answer(key(19), of: first, at: 1) != nil)
        #expect(cache.answer(key(20), of: first, at: 1) != nil)
        #expect(cache.answer(key(9), of: second, at: 1) != nil)
    }

    @Test func itCanBeTurnedOff() {
        var cache = cache(0)
        cache.keep(answer(until: 100), key(1), of: first, listNumber: 7, at: 0)
        #expect(cache.count == 0)
    }

    @Test func authoritiesThatAreNoMoreAreForgotten() {
        var cache = cache()
        _ = cache.advance(second, to: 1)
        cache.keep(answer(until: 100), key(1), of: first, listNumber: 7, at: 0)
        cache.keep(answer(until: 100), key(1), of: second, listNumber: 1, at: 0)
        cache.keep(only: [], of: 0)
        #expect(cache.count == 1)
        #expect(cache.listNumber(of: first) == .min)
        #expect(cache.answer(key(1), of: second, at: 1) != nil)
    }
}
