internal import HTTPTypes
internal import Testing

@testable internal import Frontend

@Suite struct EntityVersionTests {
    private static let version = EntityVersion(of: Array("abc".utf8), modifiedAt: 784_111_777)

    private func isKnown(_ fields: (HTTPField.Name, String)...) -> Bool {
        var headers = HTTPFields()
        for (name, value) in fields { headers.append(HTTPField(name: name, value: value)) }
        return Self.version.isKnown(to: headers)
    }

    @Test func aListOfTagsIsComparedWeakly() {
        let tag = Self.version.tag
        #expect(isKnown((.ifNoneMatch, tag)))
        #expect(isKnown((.ifNoneMatch, "W/\(tag)")))
        #expect(isKnown((.ifNoneMatch, "\"a,b\" , W/\"c\",\(tag)")))
        #expect(isKnown((.ifNoneMatch, "\"other\""), (.ifNoneMatch, tag)))
        #expect(isKnown((.ifNoneMatch, "*")))
        #expect(!isKnown((.ifNoneMatch, "\"other\"")))
        #expect(!isKnown((.ifNoneMatch, tag.filter { $0 != "\"" })))
        #expect(!isKnown((.ifNoneMatch, String(tag.dropLast()))))
        #expect(!isKnown((.ifNoneMatch, "")))
    }

    @Test func theTimeCountsOnlyWithoutATag() {
        #expect(isKnown((.ifModifiedSince, "Sun, 06 Nov 1994 08:49:37 GMT")))
        #expect(isKnown((.ifModifiedSince, "Sun, 06 Nov 1994 08:49:38 GMT")))
        #expect(!isKnown((.ifModifiedSince, "Sun, 06 Nov 1994 08:49:36 GMT")))
        #expect(!isKnown((.ifModifiedSince, "yesterday")))
        #expect(!isKnown((.ifModifiedSince, "Sun, 06 Nov 2094 08:49:37 GMT"), (.ifNoneMatch, "\"other\"")))
        #expect(!isKnown())
    }

    @Test(arguments: [
        ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
        ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
        ("Tue, 29 Feb 2028 23:59:59 GMT", 1_835_481_599),
    ])
    func eachFormOfADateIsRead(text: String, seconds: Int64) {
        #expect(HTTPDate.parse(text) == seconds)
    }

    @Test(arguments: [
        "", "0", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49 GMT", "Sun, 06 Foo 1994 08:49:37 GMT",
        "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT",
        "Sun, 06 Nov 1994 -1:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 +0200", "Xxx, 06 Nov 1994 08:49:37 GMT",
    ])
    func anythingElseIsNoDate(text: String) {
        #expect(HTTPDate.parse(text) == nil)
    }

    @Test func whatIsWrittenIsReadAgain() {
        for seconds: Int64 in [0, 951_782_399, 1_763_900_000, 4_102_444_800] {
            #expect(HTTPDate.parse(HTTPDate.format(seconds)) == seconds)
        }
    }
}
