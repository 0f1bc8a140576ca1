internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import HTTPTypes
internal import Logging
internal import NIOCore
internal import PKI
internal import SecureConnections

/// Takes a request for a certificate from admission to the signer's answer (design §5, steps 2 to 6).
///
/// Everything that can be refused here is refused here, so that a bad request rarely costs the signer anything; the
/// signer judges all of it again. The order of the steps is the order in which answers win: 401 without any
/// credential, 400, 401, 403.
struct EnrollmentDesk: Sendable {
    let pool: EnrollmentPool
    let failures: FailureLimit
    let judgements: PathJudgements
    let recorder: EventRecorder
    let sheds: ShedCounts
    let logger: Logger

    /// Why a request is sent away by its head alone: there is no place for it, whoever asks for whatever (design §5,
    /// step 2).
    func refusal(
        label: LabelDescription, operation: EnrollmentOperation, connection: ClientConnection
    ) -> ErrorResponse? {
        let refusal = pool.refusal(
            label: label.name, limit: label.maximumConcurrentEnrollments,
            // Whose certificate is urgent shows only once it has been judged.
            mayBeUrgent: operation == .simpleReenroll && !connection.security.clientChain.isEmpty)
        return refusal.map { error in
            sheds.count(error, label: label.name)
            return ErrorResponse(error)
        }
    }

    func respond(
        to request: ReceivedRequest, context: ESTRequestContext, operation: EnrollmentOperation
    ) async throws -> Answer {
        var enrollment = Enrollment(
            operation: operation, label: context.label, connection: context.connection,
            requestID: context.requestID)
        do {
            try await enrollment.readCredentials(request.head.headerFields, judgements: judgements)
            try await admit(enrollment)
            let limit = context.label.description.maximumConcurrentEnrollments
            let answer = try await pool.run(
                label: context.label.description.name, limit: limit, isUrgent: enrollment.isUrgent(at: .now)
            ) {
                try await enrollment.perform(body: request.body, headers: request.head.headerFields)
            }
            if let secret = enrollment.decisiveSecret {
                failures.accepted(secret, label: enrollment.label.description.name)
            }
            return answer
        } catch {
            throw refusal(error, of: enrollment)
        }
    }

    /// Keeps secrets that are probably wrong away from the pool (design §10).
    private func admit(_ enrollment: Enrollment) async throws {
        guard let secret = enrollment.decisiveSecret else { return }
        let label = enrollment.label.description.name
        let address = enrollment.connection.remoteAddress
        switch failures.admission(of: secret, label: label, from: address) {
        case .goOn:
            return
        case .refuse:
            throw SignerRefusal(
                error: ServiceError(.credentialRefused, "The secret was refused lately.", reason: .secretUnknown),
                isRecorded: false)
        case .ask:
            // The bound is the pool's own: the address tells nothing about which of its devices are good. A connection on
            // which nothing has failed yet comes first, so that one that tries again and again waits behind newcomers.
            let isFirstTry = !enrollment.connection.hasFailed
            try await failures.suspects.run(label: label, limit: .max, isUrgent: isFirstTry) {
                do {
                    try await enrollment.requireKnown(secret)
                } catch let refusal as SignerRefusal {
                    throw SignerRefusal(error: refusal.error, isRecorded: false)
                }
            }
        }
    }

    /// Records what is to be recorded, and turns the error into the answer.
    private func refusal(_ error: any Error, of enrollment: Enrollment) -> any Error {
        let challenges = enrollment.label.challenges
        switch error {
        case let refusal as SignerRefusal:
            if let retryAfter = turnedAway(refusal.error, enrollment, isRecorded: refusal.isRecorded) {
                return ErrorResponse.tooManyFailures(retryAfter: retryAfter)
            }
            if !refusal.isRecorded, !sheds.count(refusal.error, label: enrollment.label.description.name) {
                recorder.record(enrollment.denial(refusal.error))
            }
            if ErrorResponse(refusal.error).status == .internalServerError {
                log(refusal.error, enrollment)
            }
            return ErrorResponse(refusal.error, challenges: challenges)
        case let error as ServiceError:
            if let retryAfter = turnedAway(error, enrollment, isRecorded: false) {
                return ErrorResponse.tooManyFailures(retryAfter: retryAfter)
            }
            if !enrollment.isFirstContact, !sheds.count(error, label: enrollment.label.description.name) {
                recorder.record(enrollment.denial(error))
            }
            return ErrorResponse(error, challenges: challenges)
        case is CancellationError:
            // The client has gone: nobody reads the answer.
            return error
        default:
            recorder.record(enrollment.denial(ServiceError(.unexpected, "An unexpected error.")))
            log(error, enrollment)
            return ErrorResponse(error)
        }
    }

    private func turnedAway(_ error: ServiceError, _ enrollment: Enrollment, isRecorded: Bool) -> Int? {
        if FailureLimit.isFailedAuthentication(error) { enrollment.connection.noteFailure() }
        return failures.refused(
            error, secret: enrollment.decisiveSecret, label: enrollment.label.description.name,
            from: enrollment.connection.remoteAddress, isRecorded: isRecorded)
    }

    private func log(_ error: any Error, _ enrollment: Enrollment) {
        logger.error(
            "Enrollment failed unexpectedly",
            metadata: [
                "request.id": "\(enrollment.requestID)", "est.operation": "\(enrollment.operation.rawValue)",
                "est.label": "\(enrollment.label.description.name)", "error": "\(error)",
            ])
    }
}

/// A refusal that came from the signer.
struct SignerRefusal: Error {
    var error: ServiceError
    /// Whether the signer has made an event of it.
    var isRecorded = true
}
