internal import Device
internal import X509

/// Which kind of key a device makes.
enum KeyChoice {
    /// What the person asked for, or else the server, or else what the device has, or else P-256.
    ///
    /// - Throws: where the server asks for a kind that can't be made here, and the person does not say which to make.
    static func kind(
        asked: DeviceKey.Kind?, wishes: CSRAttributesAnswer, present: DeviceKey.Kind? = nil
    ) throws -> DeviceKey.Kind {
        if let kind = asked ?? wishes.keyKind { return kind }
        if let unknown = wishes.unknownKeyKind {
            throw Failure(
                "The server's csrattrs ask for a kind of key that this command can't make: \(unknown).",
                hint: "Say with --key-type which kind to make, or bring a key in the file that --key names.")
        }
        return present ?? .p256
    }
}

extension Issued {
    /// What goes into the certificate's file, leaf first.
    ///
    /// - Parameter authorities: beside what came with the certificate.
    func chain(_ withIntermediates: Bool, _ authorities: [Certificate]) -> [Certificate] {
        guard withIntermediates else { return [certificate] }
        return [certificate] + CertificateChain.intermediates(of: certificate, among: others + authorities)
    }
}
