internal import Foundation

/// The version of this build, as processes report it in logs, metrics and `status`.
package enum EstuaryVersion {
    package static let current = "0.1.0"
}

/// When this process started.
package enum ProcessStart {
    /// In seconds since 1970. The first reader fixes it, so that executables read it at once.
    package static let secondsSince1970: Int64 = Int64(Date.now.timeIntervalSince1970)
}
