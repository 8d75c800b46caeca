import Glibc
import Kernels
import Testing

@Suite struct UsableCoresTests {
  /// A folder that looks like /sys/fs/cgroup, removed in the end.
  private final class ControlGroups {
    let root: String

    /// - Parameter files: contents by path.
    init(_ files: [String: String]) throws {
      var template = Array("/tmp/control-groups-XXXXXX".utf8CString)
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
    let groups = try ControlGroups(["self": "0::/a/b\n", "a/b/cpu.max": "150000 100000\n", "a/cpu.max": "max 100000\n"])
    #expect(groups.limit() == 1.5)
  }

  @Test func theTightestLevelCounts() throws {
    let groups = try ControlGroups([
      "self": "0::/a/b\n", "a/b/cpu.max": "400000 100000\n", "a/cpu.max": "50000 100000\n",
    ])
    #expect(groups.limit() == 0.5)
  }

  @Test func aContainerSeesItsOwnGroupAsTheRoot() throws {
    let groups = try ControlGroups(["self": "0::/outside/name\n", "cpu.max": "200000 100000\n"])
    #expect(groups.limit() == 2)
  }

  @Test func versionOne() throws {
    let groups = try ControlGroups([
      "self": "5:memory:/m\n1:cpu,cpuacct:/c\n", "cpu,cpuacct/c/cpu.cfs_quota_us": "300000\n",
      "cpu,cpuacct/c/cpu.cfs_period_us": "100000\n",
    ])
    #expect(groups.limit() == 3)
  }

  @Test func noLimit() throws {
    #expect(try ControlGroups(["self": "0::/a\n", "a/cpu.max": "max 100000\n"]).limit() == nil)
    #expect(
      try ControlGroups([
        "self": "1:cpu:/\n", "cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n",
      ]).limit() == nil)
    #expect(try ControlGroups(["self": "nonsense\n"]).limit() == nil)
    #expect(try ControlGroups([:]).limit() == nil)
  }
}
