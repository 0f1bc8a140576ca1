internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import SwiftASN1
internal import X509

/// The folder with a root CA's encrypted key, its certificate and a note: away from the signer but in a ceremony.
struct RootFolder {
    /// Without a slash at the end.
    let path: String

    init(_ path: String) {
        self.path = URL(fileURLWithPath: path).standardizedFileURL.path
    }

    var keyPath: String { "\(path)/root-key.pem" }
    var certificatePath: String { "\(path)/root-certificate.pem" }
    /// Where the passphrase is if nobody gave one: beside the folder, so that the two can go to different places.
    var passphrasePath: String { "\(path)-passphrase" }

    private var notePath: String { "\(path)/README" }
    /// There while a root is being made, with the path of the passphrase file that is made with it in it.
    private var unfinishedPath: String { "\(path)/unfinished" }

    /// Whether a root was made there, to the end.
    var isComplete: Bool { FileManager.default.fileExists(atPath: certificatePath) }

    /// Writes a new root. The certificate comes last: with it, the rest is there too.
    ///
    /// What an interrupted run has written without one is removed before.
    ///
    /// - Parameters:
    ///   - passphrase: nil makes one and writes it to a file.
    ///   - passphraseOutput: that file; nil for one beside the folder.
    /// - Throws: ``KeyStoreError`` where any of the files is there already.
    func create(_ root: RootAuthority, passphrase: String?, passphraseOutput: String? = nil) throws {
        let passphraseFile = passphrase == nil ? passphraseOutput ?? passphrasePath : nil
        try removeUnfinished(passphrasePaths: [passphraseOutput, passphrasePath].compactMap(\.self))
        // Before anything says that a run wrote them.
        for file in [keyPath, notePath, certificatePath] + [passphraseFile].compactMap(\.self)
        where FileManager.default.fileExists(atPath: file) {
            throw KeyStoreError("\(file) is there already. Choose another folder.")
        }
        let secret = passphrase ?? SecretGenerator.secret().revealed
        let key = try EncryptedPrivateKey.encrypt(pkcs8: root.key.serializeAsPEM().derBytes, passphrase: secret)
        try NewFile.directory(path)
        try NewFile.write(passphraseFile ?? "", path: unfinishedPath, mode: 0o600)
        if let passphraseFile { try NewFile.write(secret + "\n", path: passphraseFile, mode: 0o600) }
        let beside = "«\(URL(fileURLWithPath: passphrasePath).lastPathComponent)» beside this folder"
        let note = RootNote.text(
            passphraseFile: passphrase == nil ? passphraseOutput.map { "«\($0)»" } ?? beside : nil)
        try NewFile.write(key, path: keyPath, mode: 0o600)
        try NewFile.write(note, path: notePath, mode: 0o644)
        try NewFile.write(try root.certificate.pemText, path: certificatePath, mode: 0o644)
        unlink(unfinishedPath)
    }

    /// Removes the files of a root that was never finished, where a run has noted that they are its own.
    ///
    /// A key whose certificate is merely lost has no such note, and stays.
    private func removeUnfinished(passphrasePaths: [String]) throws {
        guard !isComplete, let noted = FileManager.default.contents(atPath: unfinishedPath) else { return }
        let passphraseFile = String(decoding: noted, as: UTF8.self)
        // The note last: until then the next run goes on with this.
        for file in passphrasePaths.filter({ $0 == passphraseFile }).prefix(1) + [keyPath, notePath, unfinishedPath]
        where unlink(file) != 0 && errno != ENOENT {
            throw KeyStoreError("\(file) can't be removed: \(String(cString: strerror(errno)))")
        }
    }

    /// Forgets that the root was being made, where only that was left to do.
    func finish() {
        if isComplete { unlink(unfinishedPath) }
    }

    /// Reads the root, its key decrypted.
    ///
    /// - Parameter passphraseFile: nil for the file beside the folder.
    /// - Throws: ``KeyStoreError`` where something is missing or does not belong together, or the root has expired.
    func open(passphraseFile: String?, at now: Date) throws -> RootAuthority {
        guard isComplete else {
            throw KeyStoreError("\(path) holds no root CA: root-certificate.pem and root-key.pem are expected there.")
        }
        let certificates = try CertificateFile.load(path: certificatePath)
        guard let certificate = certificates.first, certificates.count == 1, certificate.isSelfSigned,
            try certificate.isAuthority
        else { throw KeyStoreError("\(certificatePath) must hold one certificate, the root CA's own.") }
        guard certificate.notValidAfter > now else {
            throw KeyStoreError("the root in \(path) expired on \(certificate.notValidAfter).")
        }
        var file = passphraseFile
        if file == nil, FileManager.default.fileExists(atPath: passphrasePath) { file = passphrasePath }
        let key: Certificate.PrivateKey
        do {
            key = try PrivateKeyFile.load(path: keyPath, passphrase: try file.map(PrivateKeyFile.passphrase(path:)))
        } catch let error as KeyStoreError where file == nil && error.message.contains("key-passphrase-file") {
            throw KeyStoreError(
                "\(keyPath) is encrypted, and there is no \(passphrasePath): name a file with the passphrase.")
        }
        guard key.publicKey == certificate.publicKey else {
            throw KeyStoreError("\(keyPath) is not the key of \(certificatePath).")
        }
        return RootAuthority(certificate: certificate, key: key)
    }
}
