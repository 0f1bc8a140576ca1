internal import Crypto
internal import Foundation
internal import SwiftASN1
internal import TestRequests
internal import Testing
internal import X509

/// A certificate of ours that ends within seconds: its request asks for that end.
struct ShortLived {
    var device: TestDevice
    var certificate: Certificate

    static func certificate(
        _ name: String, in cluster: TestCluster, label: String? = nil, seconds: TimeInterval
    ) async throws -> ShortLived {
        let device = try TestDevice(name, in: cluster)
        let answer = try await device.enroll(
            cluster, secret: try await cluster.secret(label: label ?? "default"), label: label,
            extensions: .init([try period(until: .now.addingTimeInterval(seconds))]))
        return ShortLived(device: device, certificate: try answer.certificate())
    }

    /// Waits until the certificate has been expired for so many seconds.
    func waitForItsEnd(by seconds: TimeInterval = 1) async throws {
        try await wait("\(device.name)'s certificate has expired") {
            Date.now >= certificate.notValidAfter.addingTimeInterval(seconds)
        }
    }

    /// privateKeyUsagePeriod with an end: what a profile takes for the wish for a certificate's end.
    static func period(until end: Date) throws -> Certificate.Extension {
        let parts = Calendar(identifier: .gregorian).dateComponents(in: TimeZone(secondsFromGMT: 0)!, from: end)
        let text = [parts.month, parts.day, parts.hour, parts.minute, parts.second]
            .map { String(format: "%02d", $0 ?? 0) }.joined()
        let time = TestRequest.element(0x81, Array("\(parts.year ?? 0)\(text)Z".utf8))
        return .init(oid: [2, 5, 29, 16], critical: false, value: TestRequest.sequence([time])[...])
    }
}
