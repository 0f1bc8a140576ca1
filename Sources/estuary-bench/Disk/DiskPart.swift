internal import Foundation

/// Part (h), the disk's half: what it costs to make pages durable, in the sizes that a write-ahead log is written in.
struct DiskPart {
    /// How often each size is written.
    var repetitions = 200
    /// SQLite's frame: a page with its header.
    private static let frameBytes = 4096 + 24
    /// Frames in one commit.
    private static let sizes = [2, 16, 128, 512]

    func measure(in scratch: String) throws -> [Figure] {
        let path = scratch + "/disk"
        let descriptor = open(path, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw BenchFailure("No file can be made in the scratch folder.") }
        defer {
            close(descriptor)
            unlink(path)
        }
        var figures: [Figure] = []
        for frames in Self.sizes {
            let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: frames), count: frames * Self.frameBytes)
            guard ftruncate(descriptor, 0) == 0 else { throw failure }
            let growing = try times(descriptor, bytes, from: 0)
            // The same places again, as a write-ahead log that was checkpointed starts over.
            let again = try times(descriptor, bytes, from: 0)
            let size = "\(frames) × 4 KiB"
            figures += [
                Figure("h", "write and fdatasync, \(size), file grows: median", growing.median, "ms"),
                Figure("h", "write and fdatasync, \(size), file grows: p99", growing.high, "ms"),
                Figure("h", "write and fdatasync, \(size), in place: median", again.median, "ms"),
                Figure("h", "write and fdatasync, \(size), in place: p99", again.high, "ms"),
            ]
        }
        return figures
    }

    /// In milliseconds.
    private func times(_ descriptor: Int32, _ bytes: [UInt8], from start: Int) throws -> (median: Double, high: Double)
    {
        var times: [Double] = []
        for index in 0..<repetitions {
            let begun = ContinuousClock.now
            guard pwrite(descriptor, bytes, bytes.count, off_t(start + index * bytes.count)) == bytes.count,
                fdatasync(descriptor) == 0
            else { throw failure }
            times.append((ContinuousClock.now - begun).inSeconds * 1e3)
        }
        times.sort()
        return (times[times.count / 2], times[min(times.count - 1, times.count * 99 / 100)])
    }

    private var failure: BenchFailure {
        BenchFailure("The disk does not take it: \(String(cString: strerror(errno))).")
    }
}
