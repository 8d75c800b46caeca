import Explain
import Glibc
import Testing

/// What is on the disk while a file is written, modes, and descriptors that do not wait.
@Suite struct TemporaryFileTests {
  private func tiny() throws -> TinyStream {
    let tiny = try TinyStream()
    try tiny.scratch.write(try TinyStream.frame(.png, 30, 20), to: "a.png")
    try tiny.scratch.makeFolder("out")
    return tiny
  }

  private static let outputs = ["-o", "out/p.png", "--raw", "out/r.safetensors"]

  /// As a killed process leaves them, in a container with the same process number.
  @Test func whatDeadProcessesLeftIsRemoved() throws {
    let tiny = try tiny()
    let stale = ["out/p.png", "out/r.safetensors", "out/other.jpg"].map(TemporaryFile.name)
    let kept = [
      "out/p.png.1.tmp", "out/p.png.ttame-tmp", "out/p.png.0123456789abcdeg.ttame-tmp",
      "out/0123456789abcdef.ttame-tmp", "out/p.png.0123456789abcdef.ttame-tmp.png",
      // Digits that no temporary file of ours has.
      "out/p.png.0123456789abcdef.ttame-tmp", "out/p.png.0000000000000000.ttame-tmp",
    ]
    let (folder, link) = (TemporaryFile.name(for: "out/d"), TemporaryFile.name(for: "out/l"))
    for name in stale + kept { try tiny.scratch.write([1, 2, 3], to: name) }
    try tiny.scratch.makeFolder(folder)
    try tiny.scratch.link(link, to: "../a.png")
    let result = try Command.run(["explain", "-q", "a.png"] + Self.outputs + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    let left = try Set(tiny.scratch.files(in: "out"))
    #expect(left == Set((kept + [folder, link, "p.png", "r.safetensors"]).map(fileName)))
  }

  /// What somebody wants to rescue is an input like any other.
  @Test func namedFilesAreKept() throws {
    let tiny = try tiny()
    let rescued = TemporaryFile.name(for: "out/p.png")
    try tiny.scratch.write(try TinyStream.frame(.png, 30, 20), to: rescued)
    let result = try Command.run(["explain", "-q", rescued] + Self.outputs + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    #expect(try Set(tiny.scratch.files(in: "out")) == [fileName(rescued), "p.png", "r.safetensors"])
  }

  @Test func whatALivingProcessWritesIsKept() throws {
    let tiny = try tiny()
    let name = TemporaryFile.name(for: "out/p.png")
    try tiny.scratch.write([1, 2, 3], to: name)
    let file = open((tiny.scratch / name).cPath, O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    #expect(flock(file, LOCK_EX | LOCK_NB) == 0)
    #expect(try Command.run(["explain", "-q", "a.png"] + Self.outputs + tiny.model, in: tiny.scratch.path).status == 0)
    #expect(try tiny.scratch.files(in: "out").contains(fileName(name)))
  }

  /// Many at once into one folder: none takes another's file for a dead one's.
  @Test func manyAtOnce() throws {
    let tiny = try tiny()
    let script = """
      i=0; while [ $i -lt 24 ]; do "$0" explain -q a.png -o out/$i.png --model tiny.safetensors & i=$((i+1)); done; wait
      """
    let result = try Command.run([Command.binary], program: ["/bin/sh", "-c", script], in: tiny.scratch.path)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    #expect(try tiny.scratch.files(in: "out").count == 24)
  }

  /// A picture killed on its way leaves a file that the next run removes.
  @Test(.disabled(if: Command.isEmulated || Command.isSanitized, "kills come at times made for a CPU"))
  func kills() throws {
    let tiny = try tiny()
    try tiny.scratch.write(try TinyStream.frame(.pnm, 900, 900), to: "large.ppm")
    for delay in 1...8 {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      let arguments = ["explain", "-q", tiny.scratch / "large.ppm", "-o", tiny.scratch / "out/p.png"] + tiny.model
      let process = try Command.spawn([Command.binary] + arguments, &actions)
      usleep(UInt32(delay * 10_000))
      kill(process, SIGKILL)
      _ = try Command.wait(for: process)
      let files = try tiny.scratch.files(in: "out")
      #expect(files.filter { $0 != "p.png" }.allSatisfy { $0.hasSuffix(".ttame-tmp") } && files.count < 3)
    }
    #expect(try Command.run(["explain", "-q", "a.png"] + Self.outputs + tiny.model, in: tiny.scratch.path).status == 0)
    #expect(try tiny.scratch.files(in: "out") == ["p.png", "r.safetensors"])
  }

  @Test(arguments: [(0o022, 0o644), (0o027, 0o640), (0o077, 0o600), (0o002, 0o664)])
  func modesAreWhatTheMaskLeaves(_ mask: Int, _ mode: Int) throws {
    let tiny = try tiny()
    let shell = ["/bin/sh", "-c", "umask \(String(mask, radix: 8)); exec \"$0\" \"$@\"", Command.binary]
    let outputs = Self.outputs + ["--json-file", "out/r.jsonl"] + tiny.model
    #expect(try Command.run(["explain", "-q", "a.png"] + outputs, program: shell, in: tiny.scratch.path).status == 0)
    for name in ["p.png", "r.safetensors", "r.jsonl"] {
      var status = stat()
      #expect(
        stat((tiny.scratch / "out/\(name)").cPath, &status) == 0 && status.st_mode & 0o777 == mode_t(mode), "\(name)")
      // The one that is there keeps its own.
      #expect(chmod((tiny.scratch / "out/\(name)").cPath, 0o640) == 0)
    }
    #expect(try Command.run(["explain", "-q", "a.png"] + outputs, program: shell, in: tiny.scratch.path).status == 0)
    for name in ["p.png", "r.safetensors", "r.jsonl"] {
      var status = stat()
      #expect(stat((tiny.scratch / "out/\(name)").cPath, &status) == 0 && status.st_mode & 0o777 == 0o640, "\(name)")
    }
  }

  @Test func longNamesHaveRoom() throws {
    let tiny = try tiny()
    let name = String(repeating: "n", count: 251) + ".png"
    #expect(try Command.run(["explain", "-q", "a.png", "-o", name] + tiny.model, in: tiny.scratch.path).status == 0)
    #expect(try tiny.scratch.files().contains(name))
  }

  @Test func benchCleansUp() throws {
    let tiny = try tiny()
    let foreign = ["ttame-lite-0123456789abcdef", "ttame-lite-notes"]
    for folder in foreign + ["ttame-lite-" + randomDigits()] {
      try tiny.scratch.makeFolder("out/" + folder)
      try tiny.scratch.write([1], to: "out/\(folder)/in.png")
    }
    let result = try Command.run(
      ["bench", "--rounds", "1", "--json"] + tiny.model, environment: ["TMPDIR": tiny.scratch / "out"])
    #expect(result.status == 0, "\(result.error)")
    #expect(try Set(tiny.scratch.files(in: "out")) == Set(foreign))
  }

  /// Standard streams whose other users have asked for O_NONBLOCK.
  @Test(arguments: [["classify", "--json"], ["explain", "-q"]])
  func descriptorsThatDoNotWait(_ arguments: [String]) throws {
    let tiny = try tiny()
    signal(SIGPIPE, SIG_IGN)
    for name in ["in", "outward"] { #expect(mkfifo((tiny.scratch / name).cPath, 0o600) == 0) }
    let reading = open((tiny.scratch / "in").cPath, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let writing = open((tiny.scratch / "in").cPath, O_WRONLY | O_CLOEXEC)
    let output = open((tiny.scratch / "outward").cPath, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    let answers = open((tiny.scratch / "outward").cPath, O_WRONLY | O_NONBLOCK | O_CLOEXEC)
    #expect(fcntl(output, F_SETFL, 0) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, reading, STDIN_FILENO)
    posix_spawn_file_actions_adddup2(&actions, answers, STDOUT_FILENO)
    let process = try Command.spawn([Command.binary] + arguments + tiny.model, &actions)
    for end in [reading, answers] { close(end) }
    // More than a pipe holds comes back, and nobody reads it for a while.
    let frames = try (0..<6).flatMap { _ in try TinyStream.frame(.pnm, 200, 150) }
    let half = frames.count / 12
    func send(_ bytes: ArraySlice<UInt8>) {
      var rest = bytes
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { write(writing, $0.baseAddress, min($0.count, 1 << 14)) }
        guard count > 0 else { return }
        rest = rest.dropFirst(count)
      }
    }
    send(frames[..<half])
    usleep(100_000)
    let sender = Sender {
      send(frames[half...]); close(writing)
    }
    usleep(200_000)
    var answered: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(output, &buffer, buffer.count)
      guard count > 0 else { break }
      answered += buffer[..<count]
    }
    sender.join()
    close(output)
    #expect(try Command.wait(for: process) == 0)
    if arguments[0] == "explain" {
      #expect(try Photos.split(answered).count == 6)
    } else {
      #expect(try JSONValue.lines(String(decoding: answered, as: UTF8.self)).count == 6)
    }
  }
}

/// Runs a closure on a thread of its own.
private final class Sender {
  private var thread = pthread_t()

  init(_ body: @escaping () -> Void) {
    final class Body {
      let run: () -> Void
      init(_ run: @escaping () -> Void) { self.run = run }
    }
    pthread_create(
      &thread, nil,
      { argument in
        if let argument { Unmanaged<Body>.fromOpaque(argument).takeRetainedValue().run() }
        return nil
      }, Unmanaged.passRetained(Body(body)).toOpaque())
  }

  func join() { pthread_join(thread, nil) }
}
