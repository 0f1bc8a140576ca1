internal import Device
internal import Foundation
internal import SwiftASN1
internal import X509

/// One device: it enrolls, and renews a few times, with the same key or a new one.
struct WitnessDevice: Sendable {
    let name: String
    let household: Household
    let world: WitnessWorld

    private static let mostRenewals = 4

    func live() async throws {
        let key = try DeviceKey.generate(.p256)
        let enrollment = WitnessRequest(
            world: world, name: name, operation: .enroll, key: key,
            wanted: WantedCertificate(subject: try DistinguishedName { CommonName(name) }, alternativeNames: []),
            credential: .secret(household))
        guard let first = try await enrollment.fulfil() else { return }
        var held = ClientTLS.Identity(chain: [first], key: key)
        for _ in 0..<Int.random(in: 0...Self.mostRenewals) where !world.ending.isNear {
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...400)))
            let key = Bool.random() ? held.key : try DeviceKey.generate(.p256)
            let renewal = WitnessRequest(
                world: world, name: name, operation: .renew, key: key,
                wanted: try WantedCertificate(renewing: held.chain[0]), credential: .certificate(held))
            guard let renewed = try await renewal.fulfil() else { return }
            held = ClientTLS.Identity(chain: [renewed], key: key)
        }
    }
}
