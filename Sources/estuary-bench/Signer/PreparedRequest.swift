internal import Crypto
internal import Device
internal import Foundation
internal import X509

/// A device's certification request, made before the clock starts.
struct PreparedRequest: Sendable {
    var certificationRequest: Data

    /// Requests of the devices with these numbers, each with a new P-256 key, made on every processor.
    static func make(_ numbers: [Int], name: @escaping @Sendable (Int) -> String) async throws -> [PreparedRequest] {
        let slices = max(1, ProcessInfo.processInfo.activeProcessorCount)
        return try await withThrowingTaskGroup(of: (Int, [PreparedRequest]).self) { group in
            for slice in 0..<slices {
                group.addTask {
                    let range = (numbers.count * slice / slices)..<(numbers.count * (slice + 1) / slices)
                    return (slice, try numbers[range].map { try make(name: name($0)) })
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

/// The common names of the benchmark's devices: all of one length, and in no order, as serial numbers of devices come.
enum DeviceName {
    /// Another number for each number below 2³².
    static func scrambled(_ number: Int) -> UInt32 {
        UInt32(truncatingIfNeeded: number) &* 0x9e37_79b1
    }

    static func text(_ number: Int) -> String {
        let digits = String(scrambled(number), radix: 16)
        return "device-" + String(repeating: "0", count: 8 - digits.count) + digits
    }
}
