/// What a listener serves: each wire name's method, who may call it, and the lane it takes.
///
/// A name from the wire finds an entry here or nothing. It never reaches the language runtime.
package struct MethodTable: Sendable {
    /// One entry.
    package struct Method: Sendable {
        package let name: String
        package let roles: Set<NodeRole>
        package let lane: String

        /// Reads the request, calls the method, and gives back the encoded reply.
        let perform: @Sendable ([UInt8]) async throws -> [UInt8]
    }

    package private(set) var methods: [String: Method] = [:]

    package init() {}

    /// Adds the method that a request's type names.
    ///
    /// - Precondition: the table has no method of that name, and the name fits a frame.
    package mutating func add<R: RemoteRequest>(
        _ request: R.Type, roles: Set<NodeRole>, lane: String, perform: @escaping @Sendable (R) async throws -> R.Reply
    ) {
        precondition(methods[R.method] == nil, "two methods have the wire name \(R.method)")
        precondition(WireFrame.isValidName(R.method), "\(R.method) cannot be a wire name")
        methods[R.method] = Method(name: R.method, roles: roles, lane: lane) { body in
            let request = try CallBody.decodeRequest(R.self, from: body)
            return try CallBody.encodeReply(try await perform(request))
        }
    }

    /// Adds another table's methods.
    ///
    /// - Precondition: no name is in both.
    package mutating func add(_ other: MethodTable) {
        methods.merge(other.methods) { first, _ in
            preconditionFailure("two methods have the wire name \(first.name)")
        }
    }
}
