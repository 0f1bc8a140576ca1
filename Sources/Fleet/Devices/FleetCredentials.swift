internal import DurableFiles
internal import Foundation

/// The devices of a fleet in a folder, so that it survives from one run to the next.
///
/// One file, a line of JSON for each device: a hundred thousand files would be no easier to keep. It has private keys,
/// so nobody else may read it.
package struct FleetCredentials: Sendable {
    private let folder: String
    private var file: String { "\(folder)/devices.jsonl" }

    /// A larger file is not one of ours.
    private static let maximumBytes = 8 << 30

    private struct Line: Codable {
        var name: String
        /// PKCS#8, DER.
        var key: Data
        /// DER.
        var certificate: Data
    }

    package init(folder: String) {
        self.folder = folder
    }

    /// Writes the devices that have a certificate, in place of those that are there.
    ///
    /// - Returns: how many there are.
    package func save(_ devices: [SimulatedDevice]) throws -> Int {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var contents = Data()
        var count = 0
        for device in devices {
            guard let certificate = device.certificate else { continue }
            contents += try encoder.encode(
                Line(name: device.name, key: Data(device.privateKey), certificate: Data(certificate)))
            contents.append(0x0a)
            count += 1
        }
        do {
            try FileManager.default.createDirectory(
                atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            try DurableFile.replace(path: file, contents: contents, mode: 0o600)
        } catch {
            throw FleetError("The devices can't be written to \(folder): \(error)")
        }
        return count
    }

    /// Reads at most so many devices.
    package func load(limit: Int) throws -> [SimulatedDevice] {
        guard let contents = FileManager.default.contents(atPath: file), contents.count <= Self.maximumBytes else {
            throw FleetError("\(file) can't be read; --save-credentials writes it at the end of a run.")
        }
        let decoder = JSONDecoder()
        return try contents.split(separator: 0x0a).prefix(limit).enumerated().map { index, line in
            do {
                let line = try decoder.decode(Line.self, from: Data(line))
                return try SimulatedDevice(
                    name: line.name, privateKey: Array(line.key), certificate: Array(line.certificate))
            } catch {
                throw FleetError("Line \(index + 1) of \(file) is no device of a fleet.")
            }
        }
    }
}
