/// Why a message was thrown away.
package enum DropCause: String, Sendable, Hashable, CaseIterable {
    /// The sender is not, or no longer, in the allow-list.
    case unknownPeer = "unknown-peer"
    /// More frames than one, or none.
    case surplusFrames = "surplus-frames"
    case truncated
    case oversized
    case unsupportedVersion = "unsupported-version"
    /// A kind of frame that does not exist, or an answer where only calls belong.
    case wrongKind = "wrong-kind"
    case malformedName = "malformed-name"
    case unknownMethod = "unknown-method"
    case notPermitted = "not-permitted"
    /// The body is not what the method takes.
    case malformedBody = "malformed-body"
    /// The budget ended before anything was done.
    case expired
    /// The lane had no room.
    case overloaded
    /// An answer to a call that nobody waits for any more.
    case unexpectedAnswer = "unexpected-answer"
    /// An answer whose caller is gone, or takes nothing more.
    case unroutableAnswer = "unroutable-answer"
}
