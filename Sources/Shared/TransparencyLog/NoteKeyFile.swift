internal import DurableFiles
internal import Foundation

/// The file of a key that signs notes, and beside it, with `.pub`, one with the public key.
package enum NoteKeyFile {
    /// What signs.
    package enum Owner: Sendable {
        case log
        case witness

        var namePrefix: String {
            switch self {
            case .log: "estuary"
            case .witness: "estuary-witness"
            }
        }

        var type: NoteSignatureType {
            switch self {
            case .log: .ed25519
            case .witness: .cosignature
            }
        }
    }

    /// Reads the key.
    ///
    /// - Throws: ``TransparencyLogError`` where the file can't be read, others may read it, or it holds no such key.
    package static func load(path: String, of owner: Owner) throws -> NoteSigner {
        do {
            let attributes = try FileManager.default.attributesOfItem(atPath: path)
            guard let mode = (attributes[.posixPermissions] as? NSNumber)?.intValue, mode & 0o077 == 0 else {
                throw TransparencyLogError("it may be read by others and needs the mode 0600: chmod 600 \(path)")
            }
            let signer = try NoteSigner(parsingPrivate: String(contentsOfFile: path, encoding: .utf8))
            guard signer.verifierKey.type == owner.type else {
                throw TransparencyLogError("The key is not that of a \(owner).")
            }
            return signer
        } catch let error as TransparencyLogError {
            throw TransparencyLogError("\(path): \(error)")
        } catch {
            throw TransparencyLogError("\(path) can't be read: \(error.localizedDescription)")
        }
    }

    /// Makes a key under a name that no other has, and writes both files.
    ///
    /// - Throws: ``TransparencyLogError`` where there is a key already, or the files can't be written.
    @discardableResult
    package static func create(path: String, for owner: Owner) throws -> NoteSigner {
        let random = (0..<4).map { _ in UInt8.random(in: .min ... .max) }
        let digits = random.map { $0 < 16 ? "0" + String($0, radix: 16) : String($0, radix: 16) }.joined()
        let signer = try NoteSigner(newKeyOf: "\(owner.namePrefix)/\(digits)", type: owner.type)
        // The private one last, and durable when it has its name: a crash leaves no key of which nobody has the public half.
        guard !FileManager.default.fileExists(atPath: path) else {
            throw TransparencyLogError("\(path) is there already.")
        }
        do {
            let publicText = Data((signer.verifierKey.description + "\n").utf8)
            try DurableFile.replace(path: path + ".pub", contents: publicText, mode: 0o644)
            try DurableFile.create(path: path, contents: Data((signer.privateText + "\n").utf8), mode: 0o600)
        } catch {
            throw TransparencyLogError("\(path) can't be made: \(error)")
        }
        return signer
    }
}
