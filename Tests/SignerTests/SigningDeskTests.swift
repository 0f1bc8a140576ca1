internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import PKI
internal import Testing

@testable internal import Signer

@Suite struct SigningDeskTests {
    /// The signer takes no more from a frontend than it reads afterwards.
    @Test(arguments: [
        ([1000], true), (Array(repeating: 1000, count: 10), true), (Array(repeating: 1000, count: 11), false),
        ([32_768], true), ([32_769], false), ([1000, 32_769], false), (Array(repeating: 10_240, count: 10), true),
        (Array(repeating: 10_241, count: 10), false),
    ])
    func clientChainIsBoundedAsItsReaderBoundsIt(_ sizes: [Int], _ isTaken: Bool) async throws {
        let request = EnrollRequest(
            operation: .simpleEnroll, label: "default", certificationRequest: Data(),
            clientChain: sizes.map { Data(count: $0) }, requestID: "1", remoteAddress: "192.0.2.1")
        #expect(await code { try SigningDesk.requireBounded(request) } == (isTaken ? nil : .malformedRequest))
    }
}
