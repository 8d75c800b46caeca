import Glibc
import Kernels
import Testing

@Suite struct UsableCoresTests {
  /// A folder of files that looks like a part of /sys, removed in the end.
  private final class SystemFiles {
    let root: String

    /// - Parameter files: contents by path.
    init(_ files: [String: String]) throws {
      var template = Array("/tmp/system-files-XXXXXX".utf8CString)
      root = try #require(mkdtemp(&template).map { String(cString: $0) })
      for (path, text) in files {
        var folder = root
        for part in path.split(separator: "/").dropLast() {
          folder += "/" + part
          mkdir(folder, 0o755)
        }
        let file = try #require(fopen(root + "/" + path, "w"))
        fputs(text, file)
        fclose(file)
      }
    }

    deinit { system("rm -r '\(root)'") }

    func limit() -> Double? { cpuLimit(membership: root + "/self", root: root) }
  }

  @Test func quotaOfTheUnifiedHierarchy() throws {
    let groups = try SystemFiles(["self": "0::/a/b\n", "a/b/cpu.max": "150000 100000\n", "a/cpu.max": "max 100000\n"])
    #expect(groups.limit() == 1.5)
  }

  @Test func theTightestLevelCounts() throws {
    let groups = try SystemFiles([
      "self": "0::/a/b\n", "a/b/cpu.max": "400000 100000\n", "a/cpu.max": "50000 100000\n",
    ])
    #expect(groups.limit() == 0.5)
  }

  @Test func aContainerSeesItsOwnGroupAsTheRoot() throws {
    let groups = try SystemFiles(["self": "0::/outside/name\n", "cpu.max": "200000 100000\n"])
    #expect(groups.limit() == 2)
  }

  @Test func versionOne() throws {
    let groups = try SystemFiles([
      "self": "5:memory:/m\n1:cpu,cpuacct:/c\n", "cpu,cpuacct/c/cpu.cfs_quota_us": "300000\n",
      "cpu,cpuacct/c/cpu.cfs_period_us": "100000\n",
    ])
    #expect(groups.limit() == 3)
  }

  @Test func noLimit() throws {
    #expect(try SystemFiles(["self": "0::/a\n", "a/cpu.max": "max 100000\n"]).limit() == nil)
    #expect(
      try SystemFiles([
        "self": "1:cpu:/\n", "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n",
      ]).limit() == nil)
    #expect(try SystemFiles(["self": "nonsense\n"]).limit() == nil)
    #expect(try SystemFiles([:]).limit() == nil)
  }

  /// CPUs of some capacities, each a core of its own.
  private func devices(_ capacities: [Int], and others: [String: String] = [:]) throws -> SystemFiles {
    var files = others
    for (cpu, capacity) in capacities.enumerated() { files["system/cpu/cpu\(cpu)/cpu_capacity"] = "\(capacity)\n" }
    return try SystemFiles(files)
  }

  @Test func littleCoresDoNotCount() throws {
    let devices = try devices([414, 414, 414, 414, 1024, 1024, 870, 870])
    #expect(fastCores(among: Array(0..<8), devices: devices.root) == 4)
    // With nothing else, they are the fast ones.
    #expect(fastCores(among: [0, 1, 2], devices: devices.root) == 3)
    #expect(fastCores(among: [3, 4], devices: devices.root) == 1)
  }

  @Test func equalCoresAllCount() throws {
    #expect(fastCores(among: [0, 1, 2, 3], devices: try devices([1024, 1024, 1024, 1024]).root) == 4)
    #expect(fastCores(among: [0, 1, 2, 3], devices: "/none") == 4)
  }

  @Test func efficientCoresDoNotCount() throws {
    // Four performance cores of two hardware threads, and eight efficient cores of one.
    var files = ["cpu_core/cpus": "0-7\n", "cpu_atom/cpus": "8-11,12-15\n"]
    for cpu in 0..<8 {
      files["system/cpu/cpu\(cpu)/topology/thread_siblings_list"] = "\(cpu / 2 * 2)-\(cpu / 2 * 2 + 1)\n"
    }
    let devices = try devices([], and: files)
    #expect(fastCores(among: Array(0..<16), devices: devices.root) == 4)
    #expect(fastCores(among: Array(8..<16), devices: devices.root) == 8)
    #expect(fastCores(among: [6, 7, 8], devices: devices.root) == 1)
  }
}
