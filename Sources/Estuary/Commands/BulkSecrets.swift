internal import ClusterProtocol
internal import Foundation

/// Makes secrets for many devices: batch after batch, each written down before the next is made.
struct BulkSecrets {
    let label: String
    let uses: Int
    let lifetime: Lifetime
    let json: Bool

    func create(
        for devices: [NameList.Device], outputFile: String?, connection: AdministrationConnection
    ) async throws {
        // Before the first secret is made: a secret that can't be written down is lost.
        let file = try outputFile.map(PrivateFile.create)
        defer { try? file?.close() }
        var done = 0
        do {
            try await connection.withSigner { signer in
                for batch in Self.batches(devices) {
                    let request = CreateSecretsRequest(
                        label: label, items: batch.map { .init(names: $0.names) }, uses: uses,
                        lifetime: lifetime.seconds)
                    let secrets = try await signer.createSecrets(request).secrets
                    guard secrets.count == batch.count else {
                        throw Failure("The signer made \(secrets.count) secrets and was asked for \(batch.count).")
                    }
                    try write(zip(batch, secrets), to: file)
                    done += batch.count
                }
            }
        } catch {
            guard done > 0 else {
                if let outputFile { try? FileManager.default.removeItem(atPath: outputFile) }
                throw error
            }
            throw Failure(
                "\(error)",
                hint: "Secrets for the first \(done) of \(devices.count) devices are made and written; the last of"
                    + " them is \(devices[done - 1].names[0]). Ask again for the others.")
        }
        if let outputFile { Output.remark("\(done) secrets are in \(outputFile).") }
    }

    static func batches(_ devices: [NameList.Device]) -> [ArraySlice<NameList.Device>] {
        stride(from: 0, to: devices.count, by: CreateSecretsRequest.maximumCount).map { start in
            devices[start..<min(start + CreateSecretsRequest.maximumCount, devices.count)]
        }
    }

    private func write(
        _ secrets: Zip2Sequence<ArraySlice<NameList.Device>, [CreatedSecret]>, to file: FileHandle?
    ) throws {
        let lines = try secrets.map { device, created in
            json
                ? try JSONText.line(created)
                : CSVText.field(device.names[0]) + "," + CSVText.field(created.secret.revealed)
        }
        let text = lines.joined(separator: "\n")
        if let file {
            try file.write(contentsOf: Data((text + "\n").utf8))
            try file.synchronize()
        } else {
            try Output.line(text)
        }
    }
}

/// Files that only their owner may read.
enum PrivateFile {
    /// A new, empty file.
    ///
    /// - Throws: ``Failure`` where there is one already, or it can't be made.
    static func create(_ path: String) throws -> FileHandle {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            throw Failure(
                "\(path) can't be made: \(String(cString: strerror(errno))).",
                hint: errno == EEXIST ? "Choose another name, or move the old file away." : nil)
        }
        return FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    }
}
