internal import ClusterProtocol
internal import ClusterTransport
internal import GRDB

/// Where a renewal may take other names with ChangeSubjectName, beyond what the label says (RFC 6402 §2.8).
///
/// Asked after every other rule: whoever may not have the names at all is told that.
enum ChangedNameRules {
    /// - Throws: `profileViolation`.
    static func requireAllowed(_ candidate: EnrollmentCandidate, _ db: Database) throws {
        guard candidate.changesNames, let held = candidate.requester.certificate?.record else { return }
        // Another label of the authority may be for other devices, and its profile give names that are not for these.
        guard held.label == candidate.label.name else {
            throw refused("is allowed only on the label that issued the certificate, «\(held.label)»")
        }
        // The rule's values stood in the manufacturer's certificate, which nobody shows at a renewal.
        guard try held.device.map({ try !ManufacturerTable.knows(db, device: $0) }) ?? false else {
            throw refused(
                "is not allowed for a device that came with a manufacturer certificate: its names are those that "
                    + "manufacturer-names gives")
        }
    }

    private static func refused(_ reason: String) -> ServiceError {
        ServiceError(.profileViolation, "change-subject-name: «ChangeSubjectName» \(reason).")
    }
}
