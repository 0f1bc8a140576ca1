internal import ClusterProtocol
internal import ClusterTransport
internal import Foundation
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import PKI

/// Takes a request for a certificate from admission to the signer's answer (design §5, steps 2 to 6).
///
/// Everything that can be refused here is refused here, so that a bad request rarely costs the signer anything; the
/// signer judges all of it again. The order of the steps is the order in which answers win: 401 without any
/// credential, 400, 401, 403.
struct EnrollmentDesk: Sendable {
    let pool: EnrollmentPool
    let recorder: EventRecorder
    let logger: Logger

    func respond(
        to request: Request, context: ESTRequestContext, operation: EnrollmentOperation
    ) async throws -> Answer {
        var enrollment = Enrollment(
            operation: operation, label: context.route.label, connection: context.connection,
            requestID: context.requestID)
        do {
            let secret = try enrollment.readCredentials(request.headers)
            let limit = context.route.label.description.maximumConcurrentEnrollments
            let body = try await request.body.collect(upTo: .max)
            return try await pool.run(label: context.route.label.description.name, limit: limit) {
                try await enrollment.perform(body: body, headers: request.headers, secret: secret)
            }
        } catch {
            throw refusal(error, of: enrollment)
        }
    }

    /// Records what is to be recorded, and turns the error into the answer.
    private func refusal(_ error: any Error, of enrollment: Enrollment) -> any Error {
        let challenges = enrollment.label.challenges
        switch error {
        case let refusal as SignerRefusal:
            // The signer has recorded it.
            if ErrorResponse(refusal.error).status == .internalServerError {
                log(refusal.error, enrollment)
            }
            return ErrorResponse(refusal.error, challenges: challenges)
        case let error as ServiceError:
            if !enrollment.isFirstContact {
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

    private func log(_ error: any Error, _ enrollment: Enrollment) {
        logger.error(
            "Enrollment failed unexpectedly",
            metadata: [
                "request.id": "\(enrollment.requestID)", "est.operation": "\(enrollment.operation.rawValue)",
                "est.label": "\(enrollment.label.description.name)", "error": "\(error)",
            ])
    }
}

/// A refusal that came from the signer, which has made an event of it.
struct SignerRefusal: Error {
    var error: ServiceError
}
