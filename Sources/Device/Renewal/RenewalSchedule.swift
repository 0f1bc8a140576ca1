internal import Crypto
package import Foundation

/// When a device renews its certificate: at a point of the validity that differs from device to device.
///
/// Devices that were enrolled together would otherwise come back together. The point is made of the certificate itself,
/// so that a timer which asks again and again always gets the same one.
package struct RenewalSchedule: Sendable, Equatable {
    /// The part of the validity after which a renewal is due at the earliest, between 0 and 1.
    package var earliest: Double
    /// The part of the validity after which it is due at the latest.
    package var latest: Double

    /// From half of the validity to three quarters of it.
    package static let standard = RenewalSchedule(earliest: 0.5, latest: 0.75)

    /// - Precondition: 0 ≤ `earliest` ≤ `latest` ≤ 1.
    package init(earliest: Double, latest: Double) {
        precondition(0 <= earliest && earliest <= latest && latest <= 1)
        self.earliest = earliest
        self.latest = latest
    }

    /// The instant from which on a certificate is to be renewed.
    ///
    /// - Parameters:
    ///   - certificate: DER; what the point in the window is drawn from.
    package func due(certificate: [UInt8], notBefore: Date, notAfter: Date) -> Date {
        let digest = SHA256.hash(data: certificate)
        let number = digest.prefix(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        let drawn = Double(number >> 11) / Double(UInt64(1) << 53)
        let part = earliest + (latest - earliest) * drawn
        return notBefore.addingTimeInterval(max(0, notAfter.timeIntervalSince(notBefore)) * part)
    }
}
