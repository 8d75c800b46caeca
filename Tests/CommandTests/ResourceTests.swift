import Explain
import Glibc
import Testing

/// Too little memory, and files that change under the program.
@Suite struct ResourceTests {
  private static let model = Command.package + "/weights/efficientnet-lite0.safetensors"

  /// Every limit between one that hardly lets the program start and one that is enough ends in an answer or one line.
  @Test(.disabled(if: Command.isEmulated || Command.isSanitized, "an emulator's or sanitizer's own memory counts too"))
  func littleMemoryIsAnAnswerOrOneLine() throws {
    var statuses: Set<Int32> = []
    for kilobytes in stride(from: 25_500, through: 72_000, by: 1500) {
      let limited = ["/bin/sh", "-c", "ulimit -v \(kilobytes) && exec \"$@\"", "sh", Command.binary]
      let result = try Command.run(
        ["explain", "--threads", "2", "--fit", "squash", "-o", "-", Photos.cat], program: limited)
      statuses.insert(result.status)
      #expect(result.status == 0 || result.status == 71, "\(kilobytes) kB: \(result.status) \(result.error)")
      #expect(result.errorLines.count == 1, "\(kilobytes) kB: \(result.error)")
      #expect(result.output.isEmpty == (result.status != 0))
    }
    #expect(statuses == [0, 71])
  }

  /// So it is while a head is trained, and while it is put into a model.
  @Test(.disabled(if: Command.isEmulated || Command.isSanitized, "an emulator's or sanitizer's own memory counts too"))
  func littleMemoryForTrainingIsSaid() throws {
    let scratch = try Scratch()
    var statuses: Set<Int32> = []
    for kilobytes in stride(from: 150_000, through: 300_000, by: 10_000) {
      let limited = ["/bin/sh", "-c", "ulimit -v \(kilobytes) && exec \"$@\"", "sh", Command.binary]
      let result = try Command.run(
        ["train", "--threads", "2", "--epochs", "1", "--batch", "2", "-o", scratch / "\(kilobytes).safetensors"]
          + ["--data", Command.package + "/Tests/Fixtures/photos"], program: limited)
      statuses.insert(result.status)
      #expect(result.status == 0 || result.status == 71, "\(kilobytes) kB: \(result.status) \(result.error)")
    }
    #expect(statuses == [0, 71])
  }

  @Test(.disabled(if: Command.isEmulated, "the emulator handles the signal"))
  func aModelThatIsCutWhileInUseIsOneLine() throws {
    let scratch = try Scratch()
    try scratch.write(Command.bytes(of: Self.model), to: "model")
    let picture = try Photos.small().encodedPNG()
    #expect(mkfifo(scratch / "fifo", 0o600) == 0)
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, scratch / "stderr", O_WRONLY | O_CREAT, 0o600)
    // A shell opens the pipe, because a spawn that waits for the pipe's other end would wait for us.
    let arguments = ["explain", "-q", "--model", scratch / "model", "-o", scratch / "out/"]
    let shell = ["/bin/sh", "-c", "exec \"$@\" <'\(scratch / "fifo")'", "sh"]
    let process = try Command.spawn(shell + [Command.binary] + arguments, &actions)
    defer { kill(process, SIGKILL) }
    let pictures = open(scratch / "fifo", O_WRONLY | O_CLOEXEC)
    #expect(write(pictures, picture, picture.count) == picture.count)
    while access(scratch / "out/stdin-000001.png", F_OK) != 0 && kill(process, 0) == 0 { usleep(1000) }
    #expect(truncate(scratch / "model", 4096) == 0)
    #expect(write(pictures, picture, picture.count) == picture.count)
    close(pictures)
    #expect(try Command.wait(for: process) == 74)
    let error = String(decoding: try Command.bytes(of: scratch / "stderr"), as: UTF8.self)
    #expect(error.hasPrefix("ttame-lite: a model or weights file was truncated"), "\(error)")
    #expect(error.split(separator: "\n").count == 1)
    #expect(try scratch.files(in: "out") == ["stdin-000001.png"])
  }

  @Test func infoVerifiesAModel() throws {
    let scratch = try Scratch()
    let good = try Command.run(["info", "--verify"])
    #expect(good.status == 0 && good.text.contains(", intact\n"))
    var bytes = try Command.bytes(of: Self.model)
    bytes[bytes.count - 1000] ^= 4
    try scratch.write(bytes, to: "damaged")
    let bad = try Command.run(["info", "--verify", "./damaged"], in: scratch.path)
    #expect(bad.status == 65 && bad.output.isEmpty && bad.errorLines.count == 1)
    #expect(bad.error.hasPrefix("ttame-lite: ./damaged: the file is damaged: its checksum says "))
    #expect(try Command.run(["info", "./damaged"], in: scratch.path).status == 0)
    // A model of an early version: the same without the checksum.
    let key = Array("file_crc32".utf8)
    let place = try #require(bytes.indices.first { bytes[$0...].starts(with: key) })
    bytes[place] = UInt8(ascii: "x")
    try scratch.write(bytes, to: "early")
    let early = try Command.run(["info", "--verify", "./early"], in: scratch.path)
    #expect(early.status == 65 && early.output.isEmpty)
    #expect(
      early.error
        == "ttame-lite: ./early: has no checksum to verify; import it again\n")
  }
}
