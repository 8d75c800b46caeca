import Explain
import Glibc
import Testing

/// How the program lives and dies among other processes.
@Suite struct ProcessTests {
  @Test func interruptionLeavesWholeFilesOnly() throws {
    let scratch = try Scratch()
    let photo = try Photos.small(width: 700, height: 500).encodedPNG()
    try scratch.write(Array(repeatElement(photo, count: 60).joined()), to: "many")
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, scratch / "many", O_RDONLY, 0)
    let process = try Command.spawn([Command.binary, "explain", "-q", "-o", scratch / "out/"], &actions)
    defer { kill(process, SIGKILL) }
    while access(scratch / "out/stdin-000003.png", F_OK) != 0 { usleep(1000) }
    // A test runner in the background may have been told to ignore SIGINT, and its children with it.
    kill(process, SIGTERM)
    #expect(try Command.wait(for: process) == 128 + SIGTERM)
    let files = try scratch.files(in: "out")
    #expect(files.count < 60)
    for file in files { _ = try Image(decoding: Command.bytes(of: scratch / "out/\(file)")) }
  }

  private static let taskset = "/usr/bin/taskset"

  @Test(.enabled(if: access(taskset, X_OK) == 0, "needs taskset"))
  func affinityIsHonoured() throws {
    let status = String(decoding: try Command.bytes(of: "/proc/self/status"), as: UTF8.self)
    let allowed = try #require(status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") })
    let first = String(allowed.drop { !$0.isNumber }.prefix { $0.isNumber })
    let program = [Self.taskset, "-c", first, Command.binary]
    let lines = try Command.run(["info"], program: program).text.split(separator: "\n")
    let threads = try #require(lines.first { $0.hasPrefix("threads") })
    #expect(threads.split(separator: " ") == ["threads", "1"])
  }

  private static let chroot = "/usr/sbin/chroot"

  @Test(
    .enabled(if: geteuid() == 0 && access(chroot, X_OK) == 0, "needs root for chroot"),
    .disabled(if: Command.isEmulated || Command.isSanitized, "an empty root holds no emulator and no shared library"))
  func anEmptyRootIsEnough() throws {
    let scratch = try Scratch()
    // By a process of its own: children of other tests could inherit our open copy, and a file open for writing cannot run.
    #expect(try Command.run([Command.binary, scratch / "ttame-lite"], program: ["/bin/cp"]).status == 0)
    #expect(mkdir(scratch / "weights", 0o755) == 0)
    let model = "weights/efficientnet-lite0.safetensors"
    try scratch.write(Command.bytes(of: Command.package + "/" + model), to: model)
    try scratch.write(Photos.jpeg("espresso.jpg"), to: "photo.jpg")
    let inside = [Self.chroot, scratch.path, "/ttame-lite"]
    let explained = try Command.run(["explain", "photo.jpg"], program: inside)
    #expect(explained.status == 0 && explained.error.contains("photo.jpg: espresso"), "\(explained.error)")
    #expect(try Image(decoding: Command.bytes(of: scratch / "photo-explained.png")).width > 0)
    let failed = try Command.run(["explain", "photo.png"], program: inside)
    #expect(failed.status == 66 && failed.error == "ttame-lite: photo.png: no such file\n")
  }
}
