internal import Crypto
internal import Device
internal import Foundation
internal import X509

/// A device's certification request, made before the clock starts.
struct PreparedRequest: Sendable {
    var certificationRequest: Data

    /// Requests of as many devices, each with a P-256 key of its own, made on every processor.
    static func make(_ count: Int, names prefix: String) async throws -> [PreparedRequest] {
        let slices = max(1, ProcessInfo.processInfo.activeProcessorCount)
        return try await withThrowingTaskGroup(of: (Int, [PreparedRequest]).self) { group in
            for slice in 0..<slices {
                group.addTask {
                    let range = (count * slice / slices)..<(count * (slice + 1) / slices)
                    return (slice, try range.map { try make(name: DeviceName.text(prefix, $0)) })
                }
            }
            var made = [[PreparedRequest]](repeating: [], count: slices)
            for try await (slice, requests) in group { made[slice] = requests }
            return Array(made.joined())
        }
    }

    private static func make(name: String) throws -> PreparedRequest {
        let wanted = WantedCertificate(
            subject: try DistinguishedName { CommonName(name) }, alternativeNames: [])
        let request = try wanted.certificationRequest(
            key: try DeviceKey.generate(.p256), wishes: CSRAttributesAnswer(), challengePassword: nil)
        return PreparedRequest(certificationRequest: Data(request))
    }
}

/// The common names of the benchmark's devices.
enum DeviceName {
    static func text(_ prefix: String, _ number: Int) -> String {
        let digits = String(number)
        return prefix + "-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}
