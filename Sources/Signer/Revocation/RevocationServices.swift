internal import ConfigurationFile
internal import PKI
internal import SwiftASN1
internal import X509

/// How an authority tells of revocations, and the addresses that its certificates give for that.
struct RevocationServices: Sendable, Equatable {
    /// RFC 6960 allows longer ones; a revocation must not stay unseen for longer where a client keeps its answer.
    static let longestStatusLifetime: Int64 = 4 * 3600

    // The addresses stand in every certificate, and the certificate in events, which have bounds of their own.

    /// Addresses under one key.
    private static let maximumAddresses = 8
    /// Of one address.
    private static let maximumAddressBytes = 256
    /// Of an authority's addresses together.
    private static let maximumBytes = 1024

    /// How long a CRL is valid, in seconds; a new one is issued at half of it.
    var listLifetime: Int64 = 7 * 86400
    /// How long an OCSP response is valid, in seconds.
    var statusLifetime = Self.longestStatusLifetime
    /// Where the CRL is to be had: the same one at each of them.
    var listAddresses: [String] = []
    /// Where OCSP answers.
    var statusAddresses: [String] = []
    /// Where the authority's own certificate is to be had.
    var issuerAddresses: [String] = []

    /// cRLDistributionPoints and authorityInfoAccess for a certificate (RFC 5280 §4.2.1.13, §4.2.2.1); neither where
    /// there are no addresses.
    func certificateExtensions() throws -> [Certificate.Extension] {
        var extensions: [Certificate.Extension] = []
        if !listAddresses.isEmpty {
            extensions.append(
                Certificate.Extension(
                    oid: ASN1ObjectIdentifier.distributionPoints, critical: false,
                    value: DistributionPoints.encode(listAddresses)[...]))
        }
        let access =
            statusAddresses.map { Self.description(.ocspServer, $0) }
            + issuerAddresses.map { Self.description(.issuingCA, $0) }
        if !access.isEmpty {
            extensions.append(
                try Certificate.Extension(AuthorityInformationAccess(access), critical: false))
        }
        return extensions
    }

    private static func description(
        _ method: AuthorityInformationAccess.AccessDescription.AccessMethod, _ address: String
    ) -> AuthorityInformationAccess.AccessDescription {
        .init(method: method, location: .uniformResourceIdentifier(address))
    }
}

extension RevocationServices {
    /// Reads the keys of an authority that are about revocation.
    init(_ reader: ConfigurationReader) throws {
        let day = 86400
        listLifetime = try reader.duration(
            "crl-lifetime", default: .seconds(7 * day), in: .seconds(60) ... .seconds(366 * day)
        ).wholeSeconds
        statusLifetime = try reader.duration(
            "ocsp-lifetime", default: .seconds(Self.longestStatusLifetime),
            in: .seconds(60) ... .seconds(Self.longestStatusLifetime)
        ).wholeSeconds
        listAddresses = try Self.addresses("crl-url", reader)
        statusAddresses = try Self.addresses("ocsp-url", reader)
        issuerAddresses = try Self.addresses("ca-issuers-url", reader)
        var bytes = 0
        for (key, addresses) in [
            ("crl-url", listAddresses), ("ocsp-url", statusAddresses), ("ca-issuers-url", issuerAddresses),
        ] {
            bytes += addresses.reduce(0) { $0 + $1.utf8.count }
            guard bytes <= Self.maximumBytes else {
                throw reader.error(
                    key,
                    "crl-url, ocsp-url and ca-issuers-url have more than \(Self.maximumBytes) bytes together; they stand "
                        + "in every certificate: name fewer or shorter addresses")
            }
        }
    }

    private static func addresses(_ key: String, _ reader: ConfigurationReader) throws -> [String] {
        let addresses = try reader.strings(key, default: [])
        guard addresses.count <= maximumAddresses else {
            throw reader.error(key, "at most \(maximumAddresses) addresses are allowed")
        }
        for (index, address) in addresses.enumerated() {
            guard address.utf8.count <= maximumAddressBytes else {
                throw reader.error(
                    key, at: index,
                    "an address has at most \(maximumAddressBytes) bytes, for it stands in every certificate; this one "
                        + "has \(address.utf8.count)")
            }
            if let fault = ServiceAddress.fault(in: address) {
                throw reader.error(key, at: index, "«\(address)»: \(fault)")
            }
        }
        return addresses
    }
}

extension ASN1ObjectIdentifier {
    /// id-ce-cRLDistributionPoints
    static let distributionPoints: ASN1ObjectIdentifier = [2, 5, 29, 31]
}
