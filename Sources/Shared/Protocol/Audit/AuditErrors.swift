package import ClusterTransport

/// The codes with which the auditor refuses events. None is mended by sending the same again.
extension ServiceError.Code {
    /// Numbers are missing before the first event that was sent. The message names the number that is expected.
    package static let eventGap = Self(rawValue: "event-gap")
    /// A number that is stored came again with other content: its source has numbered two events alike.
    package static let eventConflict = Self(rawValue: "event-conflict")
    /// A line is no event, is too long, or says another source, run or number than its sender.
    package static let invalidEvent = Self(rawValue: "invalid-event")
}
