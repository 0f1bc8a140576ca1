internal import GRDB

/// The ledger's tables and their history.
///
/// Certificates are found by authority and serial number, whose first half is time, so that the index grows at its end
/// however large the fleet is. Request digests live for the replay window only. Keys are stored only where they are
/// blocked or where a profile forbids their reuse.
enum LedgerSchema {
    /// The newest version that this program knows. A ledger of a newer one is refused.
    static let version = 7

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { db in
            try db.execute(sql: tables)
        }
        migrator.registerMigration("2") { db in
            try db.execute(sql: revocation)
        }
        migrator.registerMigration("3") { db in
            try db.execute(sql: serverKeyTables)
        }
        migrator.registerMigration("4") { db in
            try db.execute(sql: manufacturerTables)
        }
        migrator.registerMigration("5") { db in
            try db.execute(sql: manufacturedDevices)
        }
        migrator.registerMigration("6") { db in
            try db.execute(sql: invitations)
        }
        migrator.registerMigration("7") { db in
            try db.execute(sql: formerOutbox)
        }
        return migrator
    }

    /// A CRL is read from this index alone, in the order of serial numbers, however many certificates there are.
    private static let revocation = """
        DROP INDEX certificate_revoked;
        CREATE INDEX certificate_revoked ON certificate
            (authority, serial, not_after, revoked_at, revocation_reason) WHERE revoked_at IS NOT NULL;
        """

    private static let manufacturerTables = """
        -- Which device came with which manufacturer certificate.
        CREATE TABLE manufacturer_certificate (
            identity BLOB PRIMARY KEY,       -- SHA-256 of the certificate's signed part
            key_sha256 BLOB NOT NULL,
            manufacturer TEXT NOT NULL,
            fingerprint BLOB NOT NULL,
            device INTEGER NOT NULL,
            first_seen INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX manufacturer_certificate_by_key ON manufacturer_certificate (key_sha256);
        """

    /// Whether a device came with a manufacturer certificate is asked where it wants other names.
    private static let manufacturedDevices = """
        CREATE INDEX manufacturer_certificate_by_device ON manufacturer_certificate (device);
        """

    /// Events of the ledger's former lives, kept for an auditor that was restored, too.
    private static let formerOutbox = """
        CREATE TABLE former_outbox (
            run TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            line TEXT NOT NULL,
            recorded_at INTEGER NOT NULL,
            PRIMARY KEY (run, sequence));
        """

    private static let invitations = """
        CREATE TABLE invitation (
            id TEXT PRIMARY KEY,
            public_key TEXT NOT NULL UNIQUE, -- CURVE, Z85; its secret half was never here
            labels TEXT,                     -- JSON; NULL for all
            hosts TEXT NOT NULL,             -- JSON
            uses INTEGER NOT NULL,
            used INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            revoked_at INTEGER) WITHOUT ROWID;
        -- The invitation by which a node has joined; NULL where an operator has admitted it.
        ALTER TABLE node ADD COLUMN invitation TEXT;
        """

    private static let tables = """
        -- Facts about the ledger itself: incarnation, authorities, catalogue version, how far the outbox is delivered.
        CREATE TABLE meta (key TEXT PRIMARY KEY, value NOT NULL) WITHOUT ROWID;

        CREATE TABLE device (
            id INTEGER PRIMARY KEY,          -- the time half of its first certificate's serial number
            subject TEXT NOT NULL,
            label TEXT NOT NULL,
            first_seen INTEGER NOT NULL,
            last_renewed INTEGER NOT NULL,
            expires INTEGER NOT NULL,
            renewals INTEGER NOT NULL DEFAULT 0,
            blocked_at INTEGER);

        CREATE TABLE certificate (
            authority TEXT NOT NULL,
            serial BLOB NOT NULL,
            device INTEGER,                  -- NULL for a node's own certificate
            der BLOB NOT NULL,
            label TEXT NOT NULL,
            profile TEXT NOT NULL,
            node TEXT NOT NULL,
            issued_at INTEGER NOT NULL,      -- milliseconds
            not_before INTEGER NOT NULL,
            not_after INTEGER NOT NULL,
            revoked_at INTEGER,
            revocation_reason TEXT,
            PRIMARY KEY (authority, serial)) WITHOUT ROWID;
        CREATE INDEX certificate_by_device ON certificate (device);
        CREATE INDEX certificate_revoked ON certificate (revoked_at) WHERE revoked_at IS NOT NULL;

        -- Who holds a name, until when, with which key; bound_at is the newest issuance on it (milliseconds).
        CREATE TABLE name (
            name TEXT PRIMARY KEY,
            device INTEGER NOT NULL,
            key_sha256 BLOB NOT NULL,
            held_until INTEGER NOT NULL,
            bound_at INTEGER NOT NULL,
            blocked INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID;
        CREATE INDEX name_by_device ON name (device);

        -- Keys that no label certifies: for ever after a compromise, else until the device's names are released.
        CREATE TABLE blocked_key (
            key_sha256 BLOB PRIMARY KEY,
            device INTEGER NOT NULL,
            for_ever INTEGER NOT NULL) WITHOUT ROWID;

        -- Only for profiles that forbid the reuse of keys.
        CREATE TABLE certified_key (
            key_sha256 BLOB PRIMARY KEY,
            device INTEGER NOT NULL,
            held_until INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE secret (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            sha256 BLOB NOT NULL UNIQUE,
            label TEXT NOT NULL,
            names TEXT,                      -- JSON; NULL where the profile alone decides
            uses INTEGER NOT NULL,
            used INTEGER NOT NULL DEFAULT 0,
            reserved INTEGER NOT NULL DEFAULT 0,
            created_at INTEGER NOT NULL,     -- milliseconds
            expires_at INTEGER NOT NULL,
            revoked_at INTEGER,
            replaced_by TEXT);

        -- Outcomes to be given again to the same request: certificates issued.
        CREATE TABLE outcome (
            digest BLOB PRIMARY KEY,
            authority TEXT NOT NULL,
            serial BLOB NOT NULL,
            replay_until INTEGER NOT NULL,
            -- While the secret that paid for it is spent, the outcome is given again for longer.
            replay_until_if_spent INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX outcome_by_end ON outcome (replay_until_if_spent);

        CREATE TABLE idempotency_key (
            scope_sha256 BLOB PRIMARY KEY,
            digest BLOB NOT NULL,
            expires_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE INDEX idempotency_key_by_end ON idempotency_key (expires_at);

        CREATE TABLE approval (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            digest BLOB NOT NULL UNIQUE,
            state TEXT NOT NULL,             -- waiting, approved, denied
            label TEXT NOT NULL,
            subject TEXT NOT NULL,
            names TEXT NOT NULL,             -- JSON
            principal TEXT NOT NULL,
            key_sha256 BLOB NOT NULL,
            secret_id TEXT,                  -- the secret whose use it reserves
            requested_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL);
        CREATE INDEX approval_by_principal ON approval (principal);
        CREATE INDEX approval_by_end ON approval (expires_at);

        CREATE TABLE node (
            name TEXT PRIMARY KEY,
            role TEXT NOT NULL,
            labels TEXT,                     -- JSON; NULL for all
            hosts TEXT NOT NULL,             -- JSON
            added_at INTEGER NOT NULL) WITHOUT ROWID;
        CREATE TABLE node_key (
            public_key TEXT PRIMARY KEY,
            node TEXT NOT NULL REFERENCES node (name) ON DELETE CASCADE,
            added_at INTEGER NOT NULL) WITHOUT ROWID;

        CREATE TABLE outbox (
            sequence INTEGER PRIMARY KEY,
            line TEXT NOT NULL,
            recorded_at INTEGER NOT NULL);
        """
    private static let serverKeyTables = """
        -- The operator's named symmetric keys, wrapped under a key that is not in the ledger.
        CREATE TABLE key_encryption_key (
            identifier BLOB PRIMARY KEY,     -- of a DecryptKeyIdentifier
            label TEXT,                      -- NULL for every label
            names TEXT,                      -- JSON; NULL for any
            wrapped BLOB NOT NULL,
            created_at INTEGER NOT NULL) WITHOUT ROWID;

        -- Private keys as they were sent, encrypted for their device: never one in clear.
        CREATE TABLE delivered_key (
            authority TEXT NOT NULL,
            serial BLOB NOT NULL,
            message BLOB NOT NULL,           -- CMS
            recipient_sha256 BLOB NOT NULL,
            kept_until INTEGER NOT NULL,
            PRIMARY KEY (authority, serial)) WITHOUT ROWID;
        CREATE INDEX delivered_key_by_end ON delivered_key (kept_until);

        -- Certificates that are revoked when their grace is over: another pair took their place.
        CREATE TABLE superseded (
            authority TEXT NOT NULL,
            serial BLOB NOT NULL,
            successor BLOB NOT NULL,
            due_at INTEGER NOT NULL,
            PRIMARY KEY (authority, serial)) WITHOUT ROWID;
        CREATE INDEX superseded_by_time ON superseded (due_at);
        """
}
