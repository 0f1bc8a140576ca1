/// An issuing authority as its files in the signer's folder have it: what `estuary ca show` prints.
package struct AuthorityFacts: Codable, Sendable, Equatable {
    package struct Certificate: Codable, Sendable, Equatable {
        /// `issuing`, `intermediate`, `root`; during a roll-over the names of RFC 4210 §4.4 for the roots.
        package var role: String
        package var subject: String
        package var issuer: String
        /// Hexadecimal.
        package var serial: String
        /// In seconds since 1970.
        package var notBefore: Int64
        package var notAfter: Int64
        /// SHA-256 of the certificate, hexadecimal.
        package var fingerprint: String

        package init(
            role: String, subject: String, issuer: String, serial: String, notBefore: Int64, notAfter: Int64,
            fingerprint: String
        ) {
            self.role = role
            self.subject = subject
            self.issuer = issuer
            self.serial = serial
            self.notBefore = notBefore
            self.notAfter = notAfter
            self.fingerprint = fingerprint
        }
    }

    package var name: String
    /// The labels that issue with it.
    package var labels: [String]
    /// The labels at which its certificates may renew with another authority.
    package var predecessorOf: [String]
    package var key: String
    package var keyIsEncrypted: Bool
    /// What `cacerts` answers, in this order.
    package var caCertificates: [Certificate]
    /// What keeps its files, or the policy file, from being used.
    package var problem: String?

    package init(
        name: String, labels: [String], predecessorOf: [String], key: String, keyIsEncrypted: Bool,
        caCertificates: [Certificate], problem: String?
    ) {
        self.name = name
        self.labels = labels
        self.predecessorOf = predecessorOf
        self.key = key
        self.keyIsEncrypted = keyIsEncrypted
        self.caCertificates = caCertificates
        self.problem = problem
    }
}

/// What one of the commands of `estuary ca` has done.
package struct CeremonyOutcome: Codable, Sendable, Equatable {
    /// The authorities that it was about.
    package var authorities: [String]
    /// The files that were written, by path.
    package var written: [String]
    /// What the operator does next, a sentence each.
    package var next: [String]

    package init(authorities: [String], written: [String], next: [String]) {
        self.authorities = authorities
        self.written = written
        self.next = next
    }
}

/// PEM that a command of `estuary ca` gives out: a certification request, or a chain.
package struct CeremonyDocument: Codable, Sendable, Equatable {
    package var pem: String

    package init(pem: String) {
        self.pem = pem
    }
}
