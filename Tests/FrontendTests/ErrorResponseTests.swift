internal import ClusterProtocol
internal import ClusterTransport
internal import HTTPTypes
internal import Testing

@testable internal import Frontend

/// What a device is told of the signer's limits: status and `Retry-After` (RFC 6585 §4, RFC 9110 §10.2.3).
@Suite struct ErrorResponseTests {
    private func response(_ code: ServiceError.Code, retryAfter: Int?, reason: String) -> ErrorResponse {
        ErrorResponse(
            ServiceError(code, "What the signer says.", retryAfter: retryAfter, reason: .init(rawValue: reason)),
            challenges: ["Basic realm=\"estuary\""])
    }

    @Test(arguments: ["identity-rate", "identity-replays"])
    func anIdentityPastItsRateIsToldTheExactTime(_ reason: String) {
        for seconds in [1, 7, 86_400] {
            let response = response(.tooManyRequests, retryAfter: seconds, reason: reason)
            #expect(response.status == .tooManyRequests)
            #expect(response.retryAfter == seconds)
            #expect(response.message == "What the signer says.")
            // Another credential is not what would help.
            #expect(response.challenges.isEmpty)
        }
    }

    @Test func thoseOfAFullLabelAreToldTimesThatDiffer() {
        let times = (0..<200).map { _ in
            response(.tooManyRequests, retryAfter: 100, reason: "label-rate").retryAfter ?? 0
        }
        #expect(times.allSatisfy { (100...150).contains($0) })
        #expect(Set(times).count > 1)
    }

    @Test func aTimeThatMakesNoSenseIsNotPassedOn() {
        #expect(response(.tooManyRequests, retryAfter: 0, reason: "identity-rate").retryAfter == 1)
        #expect(response(.tooManyRequests, retryAfter: -5, reason: "label-rate").retryAfter ?? 0 >= 1)
        #expect(response(.tooManyRequests, retryAfter: nil, reason: "identity-rate").retryAfter == 60)
    }

    @Test(arguments: ["node-enrollments", "node-new-keys"])
    func aNodesQuotaIsNoFaultOfTheDevice(_ reason: String) {
        let response = response(.nodeQuotaReached, retryAfter: 40, reason: reason)
        #expect(response.status == .serviceUnavailable)
        #expect((40...60).contains(response.retryAfter ?? 0))
        // Which node, and which quota, is the operator's business.
        #expect(!response.message.contains("signer says") && !response.message.contains("quota"))
    }
}
