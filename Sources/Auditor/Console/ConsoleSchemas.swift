internal import ClusterProtocol

/// The schemas of the console's answers (JSON Schema 2020-12, as OpenAPI 3.1 takes them).
enum ConsoleSchemas {
    static var all: [String: Any] {
        [
            "Error": object(["error": object(["code": text, "message": text])]),
            "Event": [
                "type": "object", "description": "The fields of the event's line.", "additionalProperties": true,
                "required": ["id", "run", "salt", "schema", "sequence", "source", "time", "type"],
                "properties": [
                    "type": ["type": "string", "enum": AuditEvent.Kind.allCases.map(\.rawValue)],
                    "time": time, "sequence": integer, "schema": integer, "source": text, "run": text, "id": text,
                    "salt": text,
                ],
            ],
            "EventPage": object([
                "events": list(object(["place": integer, "event": reference("Event")])),
                "nextCursor": nullable("integer"),
            ]),
            "EventDetail": object([
                "place": integer, "event": reference("Event"), "line": text,
                "certificate": ["anyOf": [reference("Certificate"), ["type": "null"]]],
            ]),
            "Certificate": object(
                [
                    "subject": text, "issuer": text, "serial": text, "notBefore": text, "notAfter": text,
                    "names": list(text), "keyAlgorithm": text, "fingerprint": text,
                    "extensions": list(
                        object(["oid": text, "name": text, "critical": ["type": "boolean"], "value": text])),
                    "error": text,
                ], optional: ["error"]),
            "Counts": object([
                "interval": text, "by": text,
                "buckets": list(object(["start": time, "counts": map("integer")])),
            ]),
            "Expiring": object([
                "certificates": list(
                    object([
                        "serial": text, "subject": nullable("string"), "notAfter": time, "label": nullable("string"),
                        "place": integer,
                    ])), "total": integer, "nextCursor": nullable("string"),
            ]),
            "Status": object(
                [
                    "version": text, "startedAt": time, "log": reference("Log"), "witness": reference("Witness"),
                    "indexBacklog": integer,
                    "sources": list(
                        object(
                            [
                                "name": text, "role": ["type": "string", "enum": ["signer", "frontend", "auditor"]],
                                "run": text, "lastSequence": integer, "lastStoredAt": time,
                                "closed": ["type": "boolean"], "unclosedRuns": integer, "heardAt": time,
                                "backlog": integer, "rates": map("number"),
                            ], optional: ["heardAt", "backlog"])),
                ], optional: ["witness"]),
            "Log": object(
                ["size": integer, "origin": text, "root": text, "checkpointTime": time, "key": text],
                optional: ["checkpointTime"]),
            "Witness": object(
                ["key": text, "size": integer, "time": time, "alarm": text], optional: ["time", "alarm"]),
            "Session": object(["user": text, "role": ["type": "string", "enum": ["viewer", "auditor"]]]),
            "Prune": object(["through": integer, "root": text]),
            "Pruned": object(["pruned": integer, "logSize": integer]),
            "SignIn": object(["user": text, "password": text]),
        ]
    }

    private static var text: [String: Any] { ["type": "string"] }
    private static var integer: [String: Any] { ["type": "integer"] }
    private static var time: [String: Any] { ["type": "string", "format": "date-time"] }

    private static func nullable(_ type: String) -> [String: Any] { ["type": [type, "null"]] }

    private static func list(_ items: [String: Any]) -> [String: Any] { ["type": "array", "items": items] }

    private static func map(_ type: String) -> [String: Any] {
        ["type": "object", "additionalProperties": ["type": type]]
    }

    private static func reference(_ name: String) -> [String: Any] { ["$ref": "#/components/schemas/\(name)"] }

    /// Every property is required but those that are named.
    private static func object(_ properties: [String: Any], optional: [String] = []) -> [String: Any] {
        [
            "type": "object", "properties": properties,
            "required": properties.keys.filter { !optional.contains($0) }.sorted(),
        ]
    }
}
