internal import Device

/// The requests of a run, as bytes: what is the same in all of an operation is written once.
struct RequestHeads: Sendable {
    private let heads: [FleetOperation: [UInt8]]

    init(plan: FleetPlan) {
        var heads: [FleetOperation: [UInt8]] = [:]
        for operation in FleetOperation.allCases {
            let method = operation.isEnrollment ? "POST" : "GET"
            var text = "\(method) \(plan.server.path(operation.pathSegment)) HTTP/1.1\r\n"
            text += "Host: \(plan.server.authority)\r\nUser-Agent: estuary-fleet\r\nAccept: */*\r\n"
            // csrattrs may want to know who asks; cacerts never does (RFC 7030 §4.1.1).
            if operation != .cacerts, !plan.showsCertificate(operation), let password = plan.password {
                text += "Authorization: \(password.authorization)\r\n"
            }
            if operation.isEnrollment {
                text += "Content-Type: application/pkcs10\r\nContent-Transfer-Encoding: base64\r\nContent-Length: "
            }
            heads[operation] = Array(text.utf8)
        }
        self.heads = heads
    }

    /// Writes a whole request into a buffer that is used again and again.
    ///
    /// - Parameter body: the certification request in base64; for an enrollment.
    func write(_ operation: FleetOperation, body: [UInt8], into bytes: inout [UInt8]) {
        bytes.removeAll(keepingCapacity: true)
        bytes += heads[operation] ?? []
        if operation.isEnrollment {
            bytes += String(body.count).utf8
            bytes += [0x0d, 0x0a]
        }
        bytes += [0x0d, 0x0a]
        if operation.isEnrollment { bytes += body }
    }
}
