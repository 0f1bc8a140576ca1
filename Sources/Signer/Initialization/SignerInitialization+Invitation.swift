internal import ClusterProtocol
internal import ClusterTransport

extension SignerInitialization {
    /// An invitation that is there from the start; whoever calls has the secret half of its key.
    package struct Invitation {
        package var publicKey: String
        package var uses: Int
        /// In seconds.
        package var lifetime: Int64
        package var hosts: [String]

        package init(publicKey: String, uses: Int, lifetime: Int64, hosts: [String]) {
            self.publicKey = publicKey
            self.uses = uses
            self.lifetime = lifetime
            self.hosts = hosts
        }

        func check() throws {
            try NodeRules.requireKey(publicKey)
            try InvitationRules.require(uses: uses, lifetime: lifetime, hosts: hosts)
        }

        func description(at now: Int64) -> InvitationDescription {
            InvitationDescription(
                id: SecretGenerator.identifier(), labels: nil, hosts: hosts, uses: uses, used: 0, createdAt: now,
                expiresAt: now + lifetime, revokedAt: nil)
        }
    }
}
