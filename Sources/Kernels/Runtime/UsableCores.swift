import CShim
import Glibc

/// Threads worth starting: physical cores that this process may run on (hardware threads of one core count once, affinity
/// is honoured), and no more than a container's limit of CPU time keeps busy.
public func usableCores() -> Int {
  let cores = physicalCores()
  guard let limit = cpuLimit() else { return cores }
  return max(1, min(cores, Int(limit.rounded(.up))))
}

private func physicalCores() -> Int {
  var mask = [UInt8](repeating: 0, count: 1024)
  let bytes = shim_allowed_cpus(&mask, mask.count)
  guard bytes > 0 else { return max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
  var cores = Set<String>()
  for cpu in 0..<bytes * 8 where mask[cpu / 8] & (1 << UInt8(cpu % 8)) != 0 {
    cores.insert(lines(of: "/sys/devices/system/cpu/cpu\(cpu)/topology/thread_siblings_list").first ?? "\(cpu)")
  }
  return max(1, cores.count)
}

/// CPUs' worth of time that this process' control groups allow, the smallest of all levels; nil without a limit.
///
/// Version 2 keeps `QUOTA PERIOD` in `cpu.max`, version 1 keeps two files in the hierarchy of its `cpu` controller.
/// - Parameters:
///   - membership: what the kernel says about the process, lines of `hierarchy:controllers:path`.
///   - root: where the control groups are mounted.
package func cpuLimit(membership: String = "/proc/self/cgroup", root: String = "/sys/fs/cgroup") -> Double? {
  var smallest: Double?
  for line in lines(of: membership) {
    let fields = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
    guard fields.count == 3 else { continue }
    let isUnified = fields[1].isEmpty
    guard isUnified || fields[1].split(separator: ",").contains("cpu") else { continue }
    let hierarchy = isUnified ? root : "\(root)/\(fields[1])"
    var path = fields[2].split(separator: "/")
    // A container may see its own group as the root and still be told the path outside.
    while true {
      let folder = ([Substring(hierarchy)] + path).joined(separator: "/")
      let limit = isUnified ? unifiedLimit(folder) : versionOneLimit(folder)
      if let limit { smallest = min(smallest ?? limit, limit) }
      if path.popLast() == nil { break }
    }
  }
  return smallest
}

private func unifiedLimit(_ folder: String) -> Double? {
  let fields = (lines(of: "\(folder)/cpu.max").first ?? "").split(separator: " ")
  return fields.count == 2 ? share(fields[0], of: fields[1]) : nil
}

private func versionOneLimit(_ folder: String) -> Double? {
  guard let quota = lines(of: "\(folder)/cpu.cfs_quota_us").first,
    let period = lines(of: "\(folder)/cpu.cfs_period_us").first
  else { return nil }
  return share(Substring(quota), of: Substring(period))
}

/// Nil for no limit, which is `max` or -1.
private func share(_ quota: Substring, of period: Substring) -> Double? {
  guard let quota = Double(quota), let period = Double(period), quota > 0, period > 0 else { return nil }
  return quota / period
}

/// Lines of a small text file, without their ends; none if it cannot be read.
private func lines(of path: String) -> [String] {
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
