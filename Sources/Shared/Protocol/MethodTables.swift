package import ClusterTransport

/// The lanes of the cluster's listeners, with bounds that suit one process on two cores.
///
/// The lists go into a ``ListenerConfiguration``; the tables below name their lanes.
extension [Lane] {
    /// The signer's lanes for frontends: signs of life, catalogue and node certificates; renewals of certificates that end
    /// soon; other enrollments; secrets to check, which nobody has authenticated yet; what anybody may ask for, OCSP; and
    /// last those who want to become nodes. Operators have a socket of their own.
    ///
    /// Each has places of its own, so that none waits for another. What is urgent only a frontend says: its lane has a
    /// quarter of the other's places.
    package static func signing(enrollments: Int = 64, waiting: Int = 1024) -> [Lane] {
        [
            Lane(name: MethodTable.controlLane, concurrency: 16, capacity: 256),
            Lane(
                name: MethodTable.urgentLane, concurrency: (enrollments + 3) / 4, capacity: (waiting + 3) / 4),
            Lane(name: MethodTable.enrollmentLane, concurrency: enrollments, capacity: waiting),
            Lane(name: MethodTable.authenticationLane, concurrency: 8, capacity: 256),
            Lane(name: MethodTable.statusLane, concurrency: 2, capacity: 256),
            Lane(name: MethodTable.joiningLane, concurrency: 2, capacity: 64),
        ]
    }

    /// The auditor's lanes for signer and frontends.
    package static func audit() -> [Lane] {
        [
            Lane(name: MethodTable.controlLane, concurrency: 8, capacity: 256),
            Lane(name: MethodTable.eventsLane, concurrency: 16, capacity: 256),
        ]
    }

    /// The lane of either process's local administration socket.
    package static func administration() -> [Lane] {
        [Lane(name: MethodTable.administrationLane, concurrency: 8, capacity: 64)]
    }
}

/// The methods of each service: wire name, roles that may call it, lane, and the concrete actor's method.
extension MethodTable {
    package static let controlLane = "control"
    package static let urgentLane = "urgent"
    package static let enrollmentLane = "enrollment"
    package static let authenticationLane = "authentication"
    package static let statusLane = "status"
    package static let joiningLane = "joining"
    package static let eventsLane = "events"
    package static let administrationLane = "administration"

    /// What the signer serves to frontends.
    package static func signing(_ service: SigningService) -> MethodTable {
        var table = MethodTable()
        table.add(EnrollRequest.self, roles: [.frontend], lane: enrollmentLane) { try await service.enroll($0) }
        table.add(UrgentRenewalRequest.self, roles: [.frontend], lane: urgentLane) {
            try await service.renewUrgently($0)
        }
        table.add(AuthenticateRequest.self, roles: [.frontend], lane: authenticationLane) {
            try await service.authenticate($0)
        }
        table.add(PingRequest.self, roles: [.frontend], lane: controlLane) { try await service.ping($0) }
        table.add(CatalogueRequest.self, roles: [.frontend], lane: controlLane) { try await service.catalogue($0) }
        table.add(NodeCertificateRequest.self, roles: [.frontend], lane: controlLane) {
            try await service.nodeCertificate($0)
        }
        table.add(RevocationListRequest.self, roles: [.frontend], lane: controlLane) {
            try await service.revocationList($0)
        }
        table.add(CertificateStatusRequest.self, roles: [.frontend], lane: statusLane) {
            try await service.certificateStatus($0)
        }
        return table
    }

    /// What the signer serves to those whom an invitation lets in, at the listener for frontends.
    package static func joining(_ service: JoiningService) -> MethodTable {
        var table = MethodTable()
        table.add(JoinRequest.self, roles: [.invited], lane: joiningLane) { try await service.join($0) }
        return table
    }

    /// What the auditor serves to the signer and, but for the list of nodes, to frontends.
    package static func audit(_ service: AuditService) -> MethodTable {
        var table = MethodTable()
        table.add(AppendEventsRequest.self, roles: [.signer, .frontend], lane: eventsLane) {
            try await service.append($0)
        }
        table.add(EventPositionRequest.self, roles: [.signer, .frontend], lane: controlLane) {
            try await service.position($0)
        }
        table.add(UpdateNodesRequest.self, roles: [.signer], lane: controlLane) { try await service.updateNodes($0) }
        table.add(WitnessReport.self, roles: [.signer], lane: controlLane) { try await service.witness($0) }
        table.add(StoredEventsRequest.self, roles: [.signer], lane: eventsLane) { try await service.events($0) }
        return table
    }

    /// What the signer serves to operators at its local socket.
    package static func administration(_ service: AdministrationService) -> MethodTable {
        var table = MethodTable()
        func add<R: RemoteRequest>(_ request: R.Type, _ perform: @escaping @Sendable (R) async throws -> R.Reply) {
            table.add(request, roles: [.operator], lane: administrationLane, perform: perform)
        }
        add(CreateSecretsRequest.self) { try await service.createSecrets($0) }
        add(ListSecretsRequest.self) { try await service.listSecrets($0) }
        add(RevokeSecretRequest.self) { try await service.revokeSecret($0) }
        add(ReissueSecretRequest.self) { try await service.reissueSecret($0) }
        add(ListCertificatesRequest.self) { try await service.listCertificates($0) }
        add(ShowCertificateRequest.self) { try await service.showCertificate($0) }
        add(RevokeCertificateRequest.self) { try await service.revokeCertificate($0) }
        add(RevokeNodeCertificatesRequest.self) { try await service.revokeNodeCertificates($0) }
        add(ReleaseNameRequest.self) { try await service.releaseName($0) }
        add(ListDevicesRequest.self) { try await service.listDevices($0) }
        add(ListApprovalsRequest.self) { try await service.listApprovals($0) }
        add(DecideApprovalRequest.self) { try await service.decideApproval($0) }
        add(AddKeyEncryptionKeyRequest.self) { try await service.addKeyEncryptionKey($0) }
        add(ListKeyEncryptionKeysRequest.self) { try await service.listKeyEncryptionKeys($0) }
        add(RemoveKeyEncryptionKeyRequest.self) { try await service.removeKeyEncryptionKey($0) }
        add(AddNodeRequest.self) { try await service.addNode($0) }
        add(ListNodesRequest.self) { try await service.listNodes($0) }
        add(RemoveNodeRequest.self) { try await service.removeNode($0) }
        add(RemoveSilentNodesRequest.self) { try await service.removeSilentNodes($0) }
        add(CreateInvitationRequest.self) { try await service.createInvitation($0) }
        add(ListInvitationsRequest.self) { try await service.listInvitations($0) }
        add(RevokeInvitationRequest.self) { try await service.revokeInvitation($0) }
        add(ReloadRequest.self) { try await service.reload($0) }
        add(SignerStatusRequest.self) { try await service.status($0) }
        add(AcceptLogRequest.self) { try await service.acceptLog($0) }
        add(MetricsRequest.self) { try await service.metrics($0) }
        return table
    }

    /// What the auditor serves to operators at its local socket.
    package static func auditAdministration(_ service: AuditAdministrationService) -> MethodTable {
        var table = MethodTable()
        table.add(ListEventsRequest.self, roles: [.operator], lane: administrationLane) {
            try await service.events($0)
        }
        table.add(AuditorStatusRequest.self, roles: [.operator], lane: administrationLane) {
            try await service.status($0)
        }
        table.add(PruneEventsRequest.self, roles: [.operator], lane: administrationLane) {
            try await service.prune($0)
        }
        return table
    }
}
