/// The one argument of a remote method: its type names the method on the wire.
///
/// Every distributed method of Estuary takes exactly one request and returns its reply, so that a request's type alone
/// tells the wire name, the reply's type and the place in the receiver's method table.
package protocol RemoteRequest: Codable, Sendable {
    /// What the method answers.
    associatedtype Reply: Codable & Sendable

    /// The method's name on the wire, `service.method`. Stable: it is part of the protocol's version.
    static var method: String { get }
}

/// The reply of a method that has nothing to say but that it was done.
package struct Done: Codable, Sendable, Equatable {
    package init() {}
}
