internal import DurableFiles
internal import Foundation
internal import ProcessLife

/// Folders that are filled where they are, as what may be the mount point of a volume can't be renamed.
///
/// A file in the first folder says that it has begun, and another which places were free then and are filled, until one
/// that is written last says that all is there. So an interrupted run is known by the next one, which removes what it left
/// in those places and begins anew; unless it is to fill others, or a process has worked with it already.
struct FoldersInPlace {
    struct Folder {
        var path: String
        var mode: mode_t = 0o700
    }

    /// The first one has the file that says that it has begun.
    let folders: [Folder]
    /// Files outside of the folders that belong to what is made.
    var files: [String] = []
    /// The file that is written last.
    let marker: String
    /// What has to be there where the marker is.
    var essentials: [String] = []
    /// What a process makes that works with the files.
    let traces: [String]

    /// A file system's own folder in the mount point.
    private static let foreign = "lost+found"

    /// Locked by the run that is at work.
    private var begun: String { folders[0].path + "/initializing" }
    /// Names the places in JSON; a file of its own, as a lock's file is emptied by whoever takes the lock.
    private var places: String { begun + ".places" }
    /// What is filled.
    private var own: [String] { folders.map(\.path) + files }

    /// Whether everything is there.
    ///
    /// - Throws: ``Failure`` where the marker is there and something else is not.
    func isFinished() throws -> Bool {
        guard exists(marker) else { return false }
        if let missing = essentials.first(where: { !exists($0) }) {
            throw Failure(
                "\(marker) says that all is initialised, but \(missing) is not there.",
                hint: "Was a volume lost, or is it not mounted here? Restore it. To begin anew, remove all of: "
                    + (folders.map(\.path) + files).joined(separator: ", "))
        }
        return true
    }

    /// Fills the folders and writes the marker, or leaves nothing.
    ///
    /// - Parameter body: makes everything but the marker, whose text it returns.
    func fill(_ body: () async throws -> String) async throws {
        try make(folders[0])
        let wasBegun = exists(begun)
        let lock: ExclusiveLock
        do {
            lock = try ExclusiveLock(path: begun)
        } catch let error as ExclusiveLockError {
            switch error.reason {
            case .held:
                throw Failure("Another `estuary init` is at work in \(folders[0].path).", hint: "Let it finish.")
            case .unusable(let reason):
                throw Failure("\(begun) can't be made: \(reason).", hint: "Run the command as the folder's owner.")
            }
        }
        defer { withExtendedLifetime(lock) {} }
        guard !exists(marker) else {
            forget()
            throw Failure("Another `estuary init` has just finished: \(marker) is there.")
        }
        do {
            // Before anything of a place that may be another one's is changed.
            let noted = try notedPlaces()
            for folder in folders.dropFirst() { try make(folder) }
            try clear(wasBegun: wasBegun, isNoted: noted)
            try note()
        } catch {
            if !wasBegun { forget() }
            throw error
        }
        do {
            let text = try await body()
            try Task.checkCancellation()
            try PublicFile.write(text, to: marker)
        } catch {
            try? remove(leftovers())
            forget()
            throw error
        }
        forget()
    }

    /// Whether an interrupted run has noted what it fills, which has to be the same.
    ///
    /// - Throws: ``Failure`` where it is not: in the other places nothing is its.
    private func notedPlaces() throws -> Bool {
        // What can't be read was not written to the end: then nothing was filled.
        guard let text = FileManager.default.contents(atPath: places),
            let noted = try? JSONDecoder().decode([String].self, from: text)
        else { return false }
        guard Set(noted) == Set(own) else {
            throw Failure(
                "An earlier `estuary init` was interrupted here that was to fill other places: "
                    + noted.joined(separator: ", "),
                hint: "Nothing is removed. Run it again with the options that it had then; or remove by hand what it"
                    + " left there, and \(begun) and \(places).")
        }
        return true
    }

    private func note() throws {
        do {
            try DurableFile.replace(path: places, contents: try JSONEncoder().encode(own), mode: 0o600)
        } catch {
            throw Failure("\(places) can't be made: \(error)")
        }
    }

    private func forget() {
        unlink(places)
        unlink(begun)
    }

    private func make(_ folder: Folder) throws {
        do {
            try FileManager.default.createDirectory(
                atPath: folder.path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        } catch {
            throw Failure("\(folder.path) can't be made: \(error.localizedDescription)")
        }
        if chmod(folder.path, folder.mode) != 0 {
            // A volume that belongs to root, say. What is secret has a mode of its own.
            Output.remark(
                "\(folder.path) belongs to another user and keeps its mode; the files in it have modes of their own.")
        }
    }

    /// Removes what an interrupted run left.
    ///
    /// - Parameter isNoted: whether that run had found the places free.
    private func clear(wasBegun: Bool, isNoted: Bool) throws {
        let left = try leftovers()
        guard let first = left.first else { return }
        guard wasBegun, isNoted else {
            throw Failure(
                "\(first) is there already, and was not left by an interrupted `estuary init`.",
                hint: "Choose another place, or remove what is in the way"
                    + (wasBegun ? ", and \(begun) with it." : "."))
        }
        if let trace = traces.first(where: exists) {
            throw Failure(
                "An earlier `estuary init` was interrupted here, and yet a process has worked with its files: \(trace) is"
                    + " there.",
                hint: "Nothing is removed. See whether something of it is needed, remove \(begun) and the rest by hand,"
                    + " and begin anew.")
        }
        Output.remark("An earlier `estuary init` was interrupted here. What it left is removed.")
        try remove(left)
    }

    private func leftovers() throws -> [String] {
        let inside = try folders.flatMap { folder in
            try FileManager.default.contentsOfDirectory(atPath: folder.path).filter { $0 != Self.foreign }
                .map { folder.path + "/" + $0 }
        }
        return inside.filter { path in
            // Nor the half-written list of an interrupted run.
            !path.hasPrefix(begun) && !folders.contains { $0.path == path }
        } + files.filter(exists)
    }

    private func remove(_ paths: [String]) throws {
        for path in paths {
            do {
                try FileManager.default.removeItem(atPath: path)
            } catch {
                throw Failure("\(path) can't be removed: \(error.localizedDescription)")
            }
        }
    }

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: path)
    }
}

/// Files that everybody may read.
enum PublicFile {
    /// Writes a new file, whole or not at all.
    static func write(_ text: String, to path: String) throws {
        do {
            try DurableFile.create(path: path, contents: Data(text.utf8), mode: 0o644)
        } catch {
            throw Failure("\(path) can't be made: \(error)")
        }
        // The process's umask may be narrower.
        chmod(path, 0o644)
    }
}
