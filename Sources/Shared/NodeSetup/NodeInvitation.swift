package import ClusterTransport
internal import ConfigurationFile
internal import DurableFiles
internal import Foundation

/// What admits new nodes to a cluster: a CURVE key that the signer lets ask for that, and nothing else.
///
/// A file that its owner alone may write, and nobody but owner and group may read: whoever has it can make nodes, as
/// many and for as long as the signer's own record of it says.
package struct NodeInvitation: Sendable {
    /// Its public name at the signer.
    package var id: String
    package var key: CurveKeyPair
    package var facts: ClusterFacts

    package init(id: String, key: CurveKeyPair, facts: ClusterFacts) {
        self.id = id
        self.key = key
        self.facts = facts
    }

    /// Reads the file.
    ///
    /// - Throws: `ConfigurationError`
    package static func load(path: String) throws -> NodeInvitation {
        func failure(_ message: String) -> ConfigurationError {
            ConfigurationError(file: path, line: nil, keyPath: "", message: message)
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw failure("this invitation can't be read: \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & 0o037 == 0 else {
            throw failure("this invitation can be read by others. Make it private: chmod 600 \(path)")
        }
        let root = try ConfigurationReader.load(path: path)
        let id = try root.string("invitation")
        let key: CurveKeyPair
        do {
            key = try CurveKeyPair(secretKey: try root.string("key"))
        } catch is TransportError {
            throw root.error("key", "this is no CURVE key in Z85 (40 characters)")
        }
        let invitation = NodeInvitation(id: id, key: key, facts: try ClusterFacts(root))
        try root.finish()
        return invitation
    }

    /// Writes a new file with mode 0600.
    package func write(to path: String) throws {
        try DurableFile.create(path: path, contents: Data(text.utf8), mode: 0o600)
    }

    private var text: String {
        """
        # An invitation: `estuary-frontend join --invitation FILE --directory DIR` makes a node of this cluster with it.
        # Whoever can read this file can do that. `estuary node invitations` shows how often and until when,
        # `estuary node uninvite \(id)` ends it.
        invitation: \(id)
        key: '\(key.revealedSecretKey)'
        \(facts.text)
        """
    }
}
