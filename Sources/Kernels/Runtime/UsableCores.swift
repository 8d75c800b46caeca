import CShim
import Glibc

/// Threads worth starting: fast physical cores that this process may run on (hardware threads of one core count once,
/// affinity is honoured), and no more than a container's limit of CPU time keeps busy.
public func usableCores() -> Int {
  let cores = allowedCPUs().map { fastCores(among: $0) } ?? sysconf(Int32(_SC_NPROCESSORS_ONLN))
  return max(1, min(cores, cpuLimit().map { Int($0.rounded(.up)) } ?? cores))
}

/// The numbers of the CPUs that this process may run on; nil where the kernel does not say.
private func allowedCPUs() -> [Int]? {
  var mask = [UInt8](repeating: 0, count: 1024)
  let bytes = shim_allowed_cpus(&mask, mask.count)
  guard bytes > 0 else { return nil }
  return (0..<bytes * 8).filter { mask[$0 / 8] & (1 << UInt8($0 % 8)) != 0 }
}

/// Physical cores among some CPUs, without those that are much slower than the others: every layer would wait for their share
/// of it.
///
/// ARM's kernels tell the capacity of each CPU, 1024 for the fastest; Intel's hybrids list theirs by kind.
/// - Parameter devices: where the kernel describes devices.
package func fastCores(among cpus: [Int], devices: String = "/sys/devices") -> Int {
  let performance = lines(of: "\(devices)/cpu_core/cpus").first.map(numbers) ?? []
  let efficient = Set(lines(of: "\(devices)/cpu_atom/cpus").first.map(numbers) ?? [])
  let capacities = cpus.map { cpu in
    lines(of: "\(devices)/system/cpu/cpu\(cpu)/cpu_capacity").first.flatMap { Int($0) }
  }
  let largest = capacities.compactMap(\.self).max() ?? 0
  let hasPerformance = cpus.contains { performance.contains($0) }
  var cores = Set<String>()
  for (cpu, capacity) in zip(cpus, capacities) {
    if let capacity, 2 * capacity < largest { continue }
    if hasPerformance, efficient.contains(cpu) { continue }
    cores.insert(lines(of: "\(devices)/system/cpu/cpu\(cpu)/topology/thread_siblings_list").first ?? "\(cpu)")
  }
  return cores.count
}

/// The numbers of a list like `0-3,8`.
private func numbers(_ list: String) -> [Int] {
  list.split(separator: ",").flatMap { part -> [Int] in
    let ends = part.split(separator: "-").compactMap { Int($0) }
    guard let first = ends.first, let last = ends.last, first <= last else { return [] }
    return Array(first...last)
  }
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
