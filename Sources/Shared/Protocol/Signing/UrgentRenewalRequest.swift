internal import ClusterTransport

/// The renewal of a certificate that ends soon, in a lane of its own: `signing.renewUrgently` (design §10).
///
/// That it is urgent only the frontend says, and nothing depends on it but the lane: a frontend that always says so has
/// that lane's bounded share of the signer, takes turns in it with the others, and takes nothing from the other lanes.
package struct UrgentRenewalRequest: RemoteRequest {
    package typealias Reply = EnrollReply
    package static let method = "signing.renewUrgently"

    package var renewal: EnrollRequest

    package init(renewal: EnrollRequest) {
        self.renewal = renewal
    }
}
