internal import ConfigurationFile
internal import Foundation
internal import Testing

@testable internal import Signer

/// The signer's configuration file: what its limits are without it, with it, and what it is refused for.
@Suite struct SignerConfigurationTests {
    private static let minimal = """
        endpoint: tcp://127.0.0.1:7601
        auditor:
          endpoint: tcp://127.0.0.1:7602
          key: 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7'
          log-key: 'estuary/test+021b4577+AQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f'
        authorities:
          - name: devices

        """

    private func load(_ text: String) throws -> SignerConfiguration {
        let path = NSTemporaryDirectory() + "signer-\(UUID().uuidString).yaml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        defer { unlink(path) }
        return try SignerConfiguration.load(path: path)
    }

    @Test func whatIsNotSaidHasItsDefault() throws {
        let rates = try load(Self.minimal).limits.rates
        #expect(rates == IssuanceLimits.Rates())
        // What docs/configuration.md says.
        #expect(rates.identity == Rate(1_000, per: .seconds(3600)))
        #expect(rates.sharedIdentity == Rate(1_000_000, per: .seconds(3600)))
        #expect(rates.nodeEnrollments == Rate(1_000_000, per: .seconds(3600)))
        #expect(rates.nodeNewKeys == Rate(100_000, per: .seconds(3600)))
        #expect(rates.identities == 100_000)
    }

    @Test func everyRateIsRead() throws {
        let configuration = try load(
            Self.minimal + """
                limits:
                  identity-rate: 5/1h
                  shared-identity-rate: off
                  identities: 12
                  node-enrollments: 120/30m
                  node-new-keys: 7/2d

                """)
        let rates = configuration.limits.rates
        #expect(rates.identity == Rate(5, per: .seconds(3600)))
        #expect(rates.sharedIdentity == nil)
        #expect(rates.identities == 12)
        #expect(rates.nodeEnrollments == Rate(120, per: .seconds(1800)))
        #expect(rates.nodeNewKeys == Rate(7, per: .seconds(2 * 86_400)))
    }

    @Test(arguments: [
        ("node-enrollments: 120", "a number and a time from 1s to 366d are expected, such as 120/1h, or off"),
        ("node-enrollments: 0/1h", "such as 120/1h"), ("node-enrollments: -1/1h", "such as 120/1h"),
        ("node-enrollments: 1/1h/1h", "such as 120/1h"), ("node-enrollments: 2000000000/1h", "such as 120/1h"),
        ("node-new-keys: 1/400d", "from 1s to 366d"), ("node-new-keys: 1/0s", "from 1s to 366d"),
        ("node-new-keys: many/1h", "«many/1h» is no rate"), ("identity-rate: 99999999999999999999/1h", "is no rate"),
        ("shared-identity-rate: 5 / 1h", "is no rate"), ("identities: 0", "identities"),
        ("node-quota: 5/1h", "node-quota"),
    ])
    func whatMakesNoSenseIsRefusedWithItsLine(_ line: String, _ expected: String) throws {
        let error = try #require(throws: ConfigurationError.self) {
            try load(Self.minimal + "limits:\n  \(line)\n")
        }
        #expect(error.description.contains(expected), "\(error)")
        #expect(error.line == 9, "\(error)")
    }
}
