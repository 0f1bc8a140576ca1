internal import CZeroMQ

extension ZeroMQSocket {
    /// `ZMQ_ZAP_ENFORCE_DOMAIN`: without an answer from a ZAP handler nobody comes in. zmq.h shows it to draft builds
    /// only, but every libzmq since 4.3 takes it (a test sees that it works).
    private static let enforceZAPDomain: Int32 = 93

    /// What every TCP or local socket has: signs of life, a bounded handshake, a bounded message.
    func setCommonOptions(endpoint: String, maximumMessageBytes: Int) throws {
        // A dead peer is noticed within IVL + TIMEOUT, and a bit.
        try set(ZMQ_HEARTBEAT_IVL, 500)
        try set(ZMQ_HEARTBEAT_TIMEOUT, 1000)
        try set(ZMQ_HEARTBEAT_TTL, 1500)
        try set(ZMQ_HANDSHAKE_IVL, 2000)
        // Encryption adds 33 bytes; what gets past libzmq and is too long is dropped by our own check.
        try set(ZMQ_MAXMSGSIZE, int64: Int64(maximumMessageBytes) + 64)
        if endpoint.contains("[") { try set(ZMQ_IPV6, 1) }
    }

    func setCurveServer(_ key: CurveKeyPair, domain: AuthenticationDomain) throws {
        try set(ZMQ_CURVE_SERVER, 1)
        try set(ZMQ_CURVE_SECRETKEY, key.secretKey)
        try setDomain(domain)
    }

    func setCurveClient(_ key: CurveKeyPair, server: CurvePublicKey) throws {
        try set(ZMQ_CURVE_SERVERKEY, server.z85)
        try set(ZMQ_CURVE_PUBLICKEY, key.publicKey.z85)
        try set(ZMQ_CURVE_SECRETKEY, key.secretKey)
    }

    /// Has ZAP asked about every connection, also where the mechanism is NULL.
    func setDomain(_ domain: AuthenticationDomain) throws {
        try set(ZMQ_ZAP_DOMAIN, domain.rawValue)
        try set(Self.enforceZAPDomain, 1)
    }
}
