import Glibc

/// Where the kernel keeps the limits of this process' control groups: the folder of each level, the innermost first, and
/// whether it is of version 2.
///
/// - Parameters:
///   - controller: whose hierarchy is meant in version 1.
///   - membership: what the kernel says about the process, lines of `hierarchy:controllers:path`.
///   - root: where the control groups are mounted.
package func controlGroups(
  of controller: String, membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup"
) -> [(folder: String, isUnified: Bool)] {
  var groups: [(folder: String, isUnified: Bool)] = []
  for line in lines(of: membership) {
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { continue }
    let isUnified = fields[1].isEmpty
    guard isUnified || fields[1].split(separator: ",").contains(Substring(controller)) else { continue }
    let hierarchy = isUnified ? root : "\(root)/\(fields[1])"
    var path = fields[2].split(separator: "/")
    // A container may see its own group as the root and still be told the path outside.
    while true {
      groups.append((([Substring(hierarchy)] + path).joined(separator: "/"), isUnified))
      if path.popLast() == nil { break }
    }
  }
  return groups
}

/// Lines of a small text file, without their ends; none if it cannot be read.
package func lines(of path: String) -> [String] {
  guard let file = fopen(path, "r") else { return [] }
  defer { fclose(file) }
  var lines: [String] = []
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 4096) { buffer in
    guard let base = buffer.baseAddress else { return }
    while fgets(base, Int32(buffer.count), file) != nil {
      lines.append(String(String(cString: base).prefix { $0 != "\n" }))
    }
  }
  return lines
}
