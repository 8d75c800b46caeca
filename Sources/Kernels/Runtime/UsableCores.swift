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
  controlGroups(of: "cpu", membership: membership, root: root).compactMap { group in
    group.isUnified ? unifiedLimit(group.folder) : versionOneLimit(group.folder)
  }.min()
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
