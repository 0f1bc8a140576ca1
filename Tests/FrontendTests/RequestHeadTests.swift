internal import NIOHTTP1
internal import Testing

@testable internal import Frontend

/// Heads that the codec lets through and RFC 9112 does not.
@Suite struct RequestHeadTests {
    static let heads: [(version: HTTPVersion, headers: HTTPHeaders, isFaulty: Bool)] = [
        (.http1_1, ["Host": "localhost:8443"], false),
        (.http1_1, ["host": "[::1]:8443"], false),
        (.http1_1, ["Host": ""], false),
        (.http1_1, [:], true),
        (.http1_1, ["Host": "a", "host": "a"], true),
        (.http1_1, ["Host": "a b"], true),
        (.http1_1, ["Host": "a/b"], true),
        (.http1_1, ["Host": "a@b"], true),
        (.http1_1, ["Host": "bücher.example"], true),
        (.http1_1, ["Host": "a", "Transfer-Encoding": "chunked"], false),
        (.http1_0, [:], false),
        (.http1_0, ["Host": "localhost"], false),
        (.http1_0, ["Host": "a", "host": "b"], true),
        (.http1_0, ["Transfer-Encoding": "chunked"], true),
    ]

    @Test(arguments: heads.indices)
    func isFaultyWhereTwoReadersCouldDiffer(index: Int) {
        let (version, headers, isFaulty) = Self.heads[index]
        let head = HTTPRequestHead(version: version, method: .GET, uri: "/", headers: headers)
        #expect(head.isFaulty == isFaulty)
    }
}
