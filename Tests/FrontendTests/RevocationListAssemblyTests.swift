internal import ClusterProtocol
internal import Foundation
internal import Testing

@testable internal import Frontend

@Suite struct RevocationListAssemblyTests {
    private func part(number: Int64 = 5, total: Int = 10, offset: Int, _ count: Int) -> RevocationListPart {
        RevocationListPart(
            number: number, thisUpdate: 1, nextUpdate: 2, totalBytes: total, offset: offset,
            bytes: Data((0..<count).map { UInt8(($0 &+ offset) & 0xff) }))
    }

    @Test func partsBecomeAWhole() throws {
        var assembly = RevocationListAssembly(maximumBytes: 10)
        #expect(assembly.nextRequest(authority: "a").number == nil)
        #expect(try !assembly.add(part(offset: 0, 4)))
        let next = assembly.nextRequest(authority: "a")
        #expect(next.number == 5 && next.offset == 4 && next.authority == "a")
        #expect(try !assembly.add(part(offset: 4, 5)))
        #expect(try assembly.add(part(offset: 9, 1)))
        #expect(assembly.bytes == Array(0..<10))
    }

    @Test func aNewerOneBeginsAgain() throws {
        var assembly = RevocationListAssembly(maximumBytes: 100)
        _ = try assembly.add(part(offset: 0, 4))
        #expect(try !assembly.add(part(number: 6, total: 6, offset: 0, 5)))
        #expect(try assembly.add(part(number: 6, total: 6, offset: 5, 1)))
        #expect(assembly.bytes == Array(0..<6))
    }

    @Test func whatDoesNotFitIsRefused() throws {
        func refuses(_ parts: RevocationListPart...) {
            var assembly = RevocationListAssembly(maximumBytes: 10)
            #expect(throws: RevocationListError.self) {
                for part in parts { _ = try assembly.add(part) }
            }
        }
        refuses(part(total: 11, offset: 0, 4))
        refuses(part(total: 0, offset: 0, 0))
        refuses(part(total: -1, offset: 0, 1))
        refuses(part(offset: 0, 0))
        refuses(part(offset: 1, 4))
        refuses(part(offset: 0, 11))
        refuses(part(offset: 0, 4), part(offset: 5, 4))
        refuses(part(offset: 0, 4), part(offset: .max, 4))
        refuses(part(offset: 0, 4), part(total: 9, offset: 4, 4))
        refuses(part(offset: 0, 4), part(offset: 4, 7))
        refuses(part(offset: 0, 4), part(number: 4, offset: 0, 4))
    }

    @Test func oneThatChangesForEverIsGivenUp() {
        var assembly = RevocationListAssembly(maximumBytes: 10)
        #expect(throws: RevocationListError.self) {
            for number in 0..<100 { _ = try assembly.add(part(number: Int64(number), offset: 0, 4)) }
        }
    }
}
