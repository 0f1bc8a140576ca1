internal import ClusterProtocol
internal import Foundation
internal import Testing

@testable internal import estuary

@Suite struct NameListTests {
    private func parse(_ text: String) throws -> [[String]] {
        try NameList.parse(Data(text.utf8), file: "names.csv").map(\.names)
    }

    @Test func takesNamesCommentsAndBlankLines() throws {
        #expect(
            try parse(
                "\u{feff}# pumps\r\npump-1\r\n\r\n pump-2 , dns:pump-2.example.com\r\n\"a \"\"b\"\", c\"\r\npump-3")
                == [["pump-1"], ["pump-2", "dns:pump-2.example.com"], ["a \"b\", c"], ["pump-3"]])
    }

    static let bad: [(text: String, line: Int, problem: String)] = [
        ("a\n,b", 2, "a name is empty"),
        ("a,", 1, "a name is empty"),
        ("\"a", 1, "a quote is not closed"),
        ("\"a\"b", 1, "text stands after a closing quote"),
        ("a\"b\"", 1, "a quote stands inside"),
        ("a\nb\nA", 3, "«A» stands on line 1 already"),
        ("a,A", 1, "a name stands there twice"),
        ("a\u{202e}b", 1, "control or invisible"),
        ("a\u{1b}[1m", 1, "control or invisible"),
        (String(repeating: "x", count: 256), 1, "more than 255 bytes"),
        (Array(1...33).map { "n\($0)" }.joined(separator: ","), 1, "33 names"),
    ]

    @Test(arguments: bad) func namesTheLineThatIsWrong(text: String, line: Int, problem: String) throws {
        let failure = try #require(throws: Failure.self) { try parse(text) }
        #expect(failure.message.hasPrefix("names.csv:\(line): "))
        #expect(failure.message.contains(problem))
        #expect(failure.hint?.hasPrefix("No secret was made.") == true)
    }

    @Test func showsTheFirstProblemsAndCountsTheOthers() throws {
        let failure = try #require(throws: Failure.self) {
            try parse("good\n" + Array(repeating: "\"", count: 25).joined(separator: "\n"))
        }
        #expect(failure.message.split(separator: "\n").count == 11)
        #expect(failure.message.hasSuffix("and 15 more"))
    }

    @Test func refusesAFileThatNamesNothingOrIsNoText() throws {
        #expect(throws: Failure.self) { try parse("# nothing\n\n") }
        #expect(throws: Failure.self) { try NameList.parse(Data([0x61, 0xff]), file: "names.csv") }
        #expect(throws: Failure.self) { try NameList.load(path: "/nowhere/names.csv") }
    }

    @Test func tenThousandNamesMakeBatchesOfTheMostThatOneRequestTakes() throws {
        let devices = try NameList.parse(Data((1...10_000).map { "pump-\($0)\n" }.joined().utf8), file: "names.csv")
        let batches = BulkSecrets.batches(devices)
        #expect(batches.allSatisfy { $0.count == CreateSecretsRequest.maximumCount })
        #expect(batches.joined().map(\.names) == devices.map(\.names))
        #expect(BulkSecrets.batches(Array(devices.prefix(501))).map(\.count) == [500, 1])
    }

    @Test(arguments: ["plain", "with,comma", "with \"quotes\"", "dns:a.example.com"])
    func aFieldIsReadBackAsItWas(text: String) throws {
        #expect(try CSVText.fields(Substring(CSVText.field(text))) == [text])
    }
}
