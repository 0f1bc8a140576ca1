/// A step of the signer, the auditor or the transport between them that leaves something behind, or tells somebody: what can fail half-way.
///
/// Tests make each of them fail in both ways (``FaultHook/Failure``); nothing else does anything with them.
package enum FaultPoint: String, CaseIterable, Sendable {
    // The signer.

    /// The ledger's tables, made or brought up to date at the start.
    case ledgerSchema
    /// A frontend's request reaches the signer, and its answer the frontend.
    case enrollmentCall
    /// The changes of a batch, inside of its transaction.
    case ledgerWrite
    /// The commit of a batch.
    case ledgerCommit
    /// The change of the ledger's incarnation.
    case incarnationCommit
    /// The question how far the auditor has the ledger's events, and its answer.
    case positionCall
    /// Events on their way to the auditor, and the acknowledgement on its way back.
    case appendCall
    /// The nodes on their way to the auditor.
    case nodesCall
    /// The record of how far the auditor has acknowledged.
    case acknowledgementRecord
    /// What the signer says as the log's witness, on its way to the auditor.
    case witnessCall
    /// The file with the key that wraps the operator's named keys.
    case wrappingKeyFile

    // The auditor.

    /// The log's tables, made or brought up to date at the start.
    case logSchema
    /// The changes of a batch, inside of its transaction.
    case logWrite
    /// The commit of a batch.
    case logCommit
    /// The transaction of the search index.
    case indexCommit

    // The transport.

    /// A call on its way into the socket.
    case callSend
    /// An answer on its way into the socket.
    case answerSend
}
