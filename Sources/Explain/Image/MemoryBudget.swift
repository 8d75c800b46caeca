import Glibc
import Kernels

/// Finds out whether memory can be had before it is asked for: an array that cannot get any ends the process.
package enum MemoryBudget {
  /// Less is not asked about.
  static let small = 1 << 20
  /// What is left for all that is not asked about.
  private static let margin = 4 << 20
  /// From here on the limits of control groups count, where memory is given first and the process killed later.
  private static let large = 16 << 20

  /// Waits until so many bytes more can be had beside what pictures have claimed.
  ///
  /// Called by who reads pictures, not while it has a claim of its own.
  ///
  /// - Throws: `outOfMemory` where they cannot, with nothing claimed.
  package static func require(_ bytes: Int) throws(ImageError) {
    if bytes >= small, !ClaimedMemory.shared.add(0, askingFor: bytes) { throw .outOfMemory(nil, bytes: bytes) }
  }

  /// Whether so many bytes more can be had beside what pictures have claimed.
  static func hasRoom(for bytes: Int) -> Bool { holds(bytes + ClaimedMemory.shared.bytes) }

  /// Whether so many bytes more can be had.
  static func holds(_ bytes: Int) -> Bool {
    // Takes addresses, which `ulimit -v` counts, and no memory.
    let length = bytes + margin
    guard let address = mmap(nil, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0),
      address != MAP_FAILED
    else { return false }
    munmap(address, length)
    guard bytes >= large, let available = available() else { return true }
    return length <= available
  }

  /// What control groups and the machine leave; nil where neither says.
  ///
  /// - Parameters: where the kernel tells, as of `controlGroups`.
  static func available(
    membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup", machine: String = "/proc/meminfo"
  ) -> Int? {
    let groups = controlGroups(of: "memory", membership: membership, root: root).compactMap { group in
      group.isUnified
        ? rest(group.folder, limit: "memory.max", usage: "memory.current", pages: "inactive_file")
        : rest(
          group.folder, limit: "memory.limit_in_bytes", usage: "memory.usage_in_bytes", pages: "total_inactive_file")
    }
    let kilobytes = ["MemAvailable:", "SwapFree:"].compactMap { value($0, in: machine) }
    return (groups + (kilobytes.isEmpty ? [] : [kilobytes.reduce(0, +) << 10])).min()
  }

  /// What a group may still take, with the pages of files that the kernel would drop for it; nil without a limit.
  private static func rest(_ folder: String, limit: String, usage: String, pages: String) -> Int? {
    guard let limit = lines(of: "\(folder)/\(limit)").first.flatMap({ Int($0) }), limit < 1 << 60,
      let usage = lines(of: "\(folder)/\(usage)").first.flatMap({ Int($0) })
    else { return nil }
    return max(0, limit - usage + (value(pages, in: "\(folder)/memory.stat") ?? 0))
  }

  /// The number behind a name, in lines of both.
  private static func value(_ name: String, in path: String) -> Int? {
    lines(of: path).lazy.map { $0.split(separator: " ") }.first { $0.first == Substring(name) }?.dropFirst().first
      .flatMap { Int($0) }
  }
}
