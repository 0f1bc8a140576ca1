internal import Foundation
internal import Testing

/// docs/conformance.md lists what is tested, and nothing else.
///
/// Its columns of tests and its table of hostile requests are written by
/// `ESTUARY_UPDATE_DOCUMENT=1 swift test --filter ConformanceDocumentTests`.
@Suite struct ConformanceDocumentTests {
    private static let hint = "ESTUARY_UPDATE_DOCUMENT=1 swift test --filter ConformanceDocumentTests writes it anew"

    init() throws {
        guard ProcessInfo.processInfo.environment["ESTUARY_UPDATE_DOCUMENT"] == "1" else { return }
        let updated = try ConformanceDocument().updated(tests: ConformanceDocument.tests())
        try updated.write(to: ConformanceDocument.path, atomically: true, encoding: .utf8)
    }

    @Test func everyCaseHasOneRowInOrder() throws {
        #expect(try ConformanceDocument().rows.map(\.name) == ConformanceDocument.cases)
    }

    @Test(arguments: ConformanceDocument.cases)
    func everyCaseHasATestAndItsRowNamesAllOfThem(name: String) throws {
        let row = try #require(try ConformanceDocument().rows.first { $0.name == name })
        let tests = try ConformanceDocument.tests().filter { $0.name == name }
        #expect(!row.rfc.isEmpty)
        guard !ConformanceDocument.notYet.contains(name) else {
            #expect(tests.isEmpty && row.tests == "not yet")
            return
        }
        #expect(!tests.isEmpty, "no test's display name begins with «\(name): »")
        #expect(row.tests == ConformanceDocument.cell(tests), "\(Self.hint)")
    }

    @Test func everyTestIsOfACase() throws {
        let known = Set(ConformanceDocument.cases)
        for test in try ConformanceDocument.tests() {
            #expect(known.contains(test.name), "\(test.file), \(test.function)")
        }
    }

    @Test func theTableOfHostileRequestsIsTheOneThatIsTested() throws {
        let table = try #require(try ConformanceDocument().hostileTable, "the marks around the table are missing")
        #expect(table == ConformanceDocument.expectedHostileTable, "\(Self.hint)")
        // A cell with one would be two.
        #expect(HostileRequest.all.allSatisfy { !$0.input.contains("|") && !$0.input.contains("\n") })
    }

    /// What a link in the page points to is there.
    @Test func everyLinkedFileExists() throws {
        let folder = ConformanceDocument.path.deletingLastPathComponent()
        for link in try ConformanceDocument().text.matches(of: #/\]\(([^)#:]+)\)/#) {
            let file = folder.appending(path: String(link.output.1)).standardizedFileURL.path
            #expect(FileManager.default.fileExists(atPath: file), "\(link.output.1)")
        }
    }
}
