/// Decides, per connection, when a request is answered, when the connection goes on, and when it ends (design §5).
///
/// A state machine without I/O or clock: its events return what the channel handler beside it (``RequestGateHandler``)
/// has to do. It owns bodies past their limit, `Expect: 100-continue`, deadlines and closing.
struct RequestGate {
    /// Sizes in bytes.
    struct Limits: Sendable, Equatable {
        /// The longest body that is used.
        var body = 64 * 1024
        /// How much of a request is read and thrown away after its answer, so that the client gets to see it.
        var drain = 256 * 1024
    }

    /// What of a request's head matters here.
    struct Head: Equatable {
        /// Whether the client lets the connection go on, by version and `Connection` header.
        var keepsAlive: Bool
        /// Whether the client waits for `100 Continue` before it sends its body.
        var expectsContinue = false
        var contentLength: Int?
        /// The longest body that its route uses, where that is less than the gate's limit.
        var bodyLimit: Int?
        /// Whether the head alone already decided for a refusal.
        var isRefused = false
    }

    /// Why a request is answered by the gate, not by a route.
    enum Refusal: Equatable {
        /// The head decided: unknown path, wrong method, wrong media type.
        case byHead
        case bodyTooLarge
        case headTooLarge
        case targetTooLong
        case malformed
        case tooSlow
    }

    enum Action: Equatable {
        case nothing
        case sendContinue
        /// Append the bytes to the request's body.
        case keepBody
        /// Hand the request to its route; its answer comes back through ``answered()``.
        case dispatch
        /// Send the refusal; ``answered()`` is to follow as for a route's answer.
        case answer(Refusal)
        /// Send the refusal, then read on without using anything, until an event says `close`.
        case answerAndDrain(Refusal)
        /// Send the refusal and close.
        case answerAndClose(Refusal)
        /// Read the next request.
        case next
        /// Close the connection under TLS, at once: whoever goes on sending must not be waited for.
        case abort
        case close
    }

    private enum State: Equatable {
        /// No request yet, or the last one is answered. Then: receiving, draining, closed.
        case idle(headBegun: Bool)
        /// A head is there, its body comes. Then: responding, draining, closed.
        case receiving(Head, bytes: Int)
        /// The request is whole and its answer is awaited. Then: idle, closed.
        case responding(keepsAlive: Bool)
        /// Answered before its end: the rest is thrown away. Then: closed.
        case draining(bytes: Int)
        case closed
    }

    let limits: Limits
    private var state = State.idle(headBegun: false)

    init(limits: Limits) {
        self.limits = limits
    }

    /// Whether an answer is being made, so that further requests of this connection have to wait.
    var isResponding: Bool {
        if case .responding = state { true } else { false }
    }

    /// Whether the answer to be sent now must tell the client that the connection ends.
    var keepsAlive: Bool {
        if case .responding(let keepsAlive) = state { keepsAlive } else { false }
    }

    /// Bytes came in that belong to a head that is not complete yet.
    ///
    /// - Returns: Whether this is the first of that head: its deadline starts now.
    mutating func headBegan() -> Bool {
        guard case .idle(headBegun: false) = state else { return false }
        state = .idle(headBegun: true)
        return true
    }

    mutating func head(_ head: Head) -> Action {
        guard case .idle = state else { return .nothing }
        if let length = head.contentLength, length > bodyLimit(head) {
            state = .draining(bytes: 0)
            return .answerAndDrain(head.isRefused ? .byHead : .bodyTooLarge)
        }
        // A client that asks first need not send a body that nobody reads.
        if head.isRefused && head.expectsContinue {
            state = .draining(bytes: 0)
            return .answerAndDrain(.byHead)
        }
        state = .receiving(head, bytes: 0)
        return head.expectsContinue && head.contentLength != 0 ? .sendContinue : .nothing
    }

    mutating func body(bytes count: Int) -> Action {
        switch state {
        case .receiving(let head, let bytes):
            guard bytes + count <= bodyLimit(head) else {
                state = .draining(bytes: bytes + count)
                return .answerAndDrain(head.isRefused ? .byHead : .bodyTooLarge)
            }
            state = .receiving(head, bytes: bytes + count)
            return head.isRefused ? .nothing : .keepBody
        case .draining(let bytes):
            guard bytes + count <= limits.drain else {
                state = .closed
                return .abort
            }
            state = .draining(bytes: bytes + count)
            return .nothing
        case .idle, .responding, .closed:
            return .nothing
        }
    }

    private func bodyLimit(_ head: Head) -> Int {
        min(limits.body, head.bodyLimit ?? .max)
    }

    mutating func end() -> Action {
        switch state {
        case .receiving(let head, _):
            state = .responding(keepsAlive: head.keepsAlive)
            return head.isRefused ? .answer(.byHead) : .dispatch
        case .draining:
            state = .closed
            return .close
        case .idle, .responding, .closed:
            return .nothing
        }
    }

    /// The answer to the request has been sent.
    mutating func answered() -> Action {
        guard case .responding(let keepsAlive) = state else { return .nothing }
        state = keepsAlive ? .idle(headBegun: false) : .closed
        return keepsAlive ? .next : .close
    }

    /// The connection is to end with the answer that is being made.
    mutating func lastRequest() {
        if case .responding = state {
            state = .responding(keepsAlive: false)
        }
    }

    /// The time that the present state may last is over.
    mutating func deadline() -> Action {
        switch state {
        case .idle(headBegun: false), .draining:
            state = .closed
            return .close
        case .receiving(let head, _) where head.isRefused:
            state = .closed
            return .answerAndClose(.byHead)
        case .idle(headBegun: true), .receiving:
            state = .closed
            return .answerAndClose(.tooSlow)
        case .responding, .closed:
            return .nothing
        }
    }

    /// The client will send no more.
    mutating func inputClosed() -> Action {
        switch state {
        case .idle, .receiving, .draining:
            state = .closed
            return .close
        case .responding:
            state = .responding(keepsAlive: false)
            return .nothing
        case .closed:
            return .nothing
        }
    }

    /// What came is not HTTP, or more of a head than is read.
    mutating func unreadable(_ refusal: Refusal) -> Action {
        switch state {
        case .idle, .receiving:
            state = .closed
            return .answerAndClose(refusal)
        case .draining:
            state = .closed
            return .close
        case .responding:
            state = .responding(keepsAlive: false)
            return .nothing
        case .closed:
            return .nothing
        }
    }
}
