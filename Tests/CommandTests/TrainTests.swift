import Explain
import Glibc
import Testing

@Suite struct TrainTests {
  private static let photos = Command.package + "/Tests/Fixtures/photos"
  /// Of one step each.
  private static let epochs = Command.isEmulated ? 1 : 6
  private static let options = ["--batch", "2", "--epochs", "\(epochs)", "--save-every", "1"]

  @Test func aFolderOfPhotographsTrainsAHead() throws {
    let scratch = try Scratch()
    let result = try Command.run(
      [
        "train", "--data", Self.photos, "-o", scratch / "model.safetensors", "--log", "-", "--curves",
        scratch / "c.png",
      ]
        + ["--validation", Self.photos, "--precision", "bf16"] + Self.options)
    #expect(result.status == 0, "\(result.error)")
    let lines = try JSONValue.lines(result.text)
    #expect(lines.count == 2 * Self.epochs && lines[0]["step"] == .number(0))
    #expect(result.error.contains("epoch \(Self.epochs): AD "))
    #expect(result.error.contains("trained for \(Self.epochs) step"))
    #expect(try Image(decoding: Command.bytes(of: scratch / "c.png")).width > 0)
    let explained = try Command.run(
      ["explain", Photos.cat, "--model", scratch / "model.safetensors", "-q", "--json"])
    #expect(try JSONValue.lines(explained.text)[0]["method"] == .string("ttame"))
    let measured = try Command.run(
      ["evaluate", "--data", scratch / "list.tsv", "--metrics", "ad,ic", "--json", "--model"]
        + [scratch / "model.safetensors"])
    #expect(measured.status == 66)
    try scratch.write(Array("\(Photos.cat)\n\(Photos.espresso)\n".utf8), to: "list.tsv")
    let report = try Command.run(
      ["evaluate", "--data", scratch / "list.tsv", "--metrics", "ad,ic", "--json", "--model"]
        + [scratch / "model.safetensors"])
    #expect(report.status == 0, "\(report.error)")
    let metrics = try JSONValue.lines(report.text)[0]["metrics"]
    #expect(metrics["ad"]["100"] != .null && metrics["ic"]["15"] != .null && metrics["seen"]["images"] != .null)
  }

  /// Nearly black photographs are named as `explain` does, each once; so are those that are measured on.
  @Test func faintPhotographsAreNamedOnce() throws {
    let tiny = try TinyStream()
    let faint = Array("P5 12 12 65535\n".utf8) + (0..<144).flatMap { [UInt8($0 / 10), UInt8($0)] }
    for name in ["a.pgm", "held/b.pgm"] {
      if name.contains("/") { try tiny.scratch.makeFolder("held") }
      try tiny.scratch.write(faint, to: name)
    }
    try tiny.scratch.write(Array("a.pgm\n".utf8), to: "list.tsv")
    let arguments = [
      "train", "--data", "list.tsv", "--validation", "held", "-o", "out", "--batch", "1", "--epochs", "2", "--init",
      "random",
    ]
    let result = try Command.run(arguments + tiny.model, in: tiny.scratch.path)
    #expect(result.status == 0, "\(result.error)")
    let warnings = result.errorLines.filter { $0.contains("nearly black") }
    #expect(
      warnings.sorted()
        == ["a.pgm", "held/b.pgm"].map {
          "ttame-lite: \($0): its largest sample is 3727 of 65535, nearly black; --stretch makes 4095 white"
        }, "\(result.error)")
    #expect(result.errorLines.last == "out: trained for 2 steps of 1")
    let stretched = try Command.run(arguments + ["--stretch", "--force"] + tiny.model, in: tiny.scratch.path)
    #expect(stretched.status == 0 && !stretched.error.contains("nearly black"), "\(stretched.error)")
  }

  @Test(.disabled(if: Command.isEmulated || Command.isSanitized, "kills come at times made for a CPU"))
  func aKilledTrainingGoesOnToTheSameHead() throws {
    let scratch = try Scratch()
    func arguments(_ name: String) -> [String] {
      ["train", "--data", Self.photos, "-o", scratch / name, "--resume"] + Self.options
    }
    #expect(try Command.run(arguments("whole")).status == 0)
    var generator = SystemRandomNumberGenerator()
    var kills = 0
    while access(scratch / "killed", F_OK) != 0, kills < 40 {
      var actions = posix_spawn_file_actions_t()
      posix_spawn_file_actions_init(&actions)
      defer { posix_spawn_file_actions_destroy(&actions) }
      let process = try Command.spawn([Command.binary] + arguments("killed"), &actions)
      // Later kills come later, so that the training gets on.
      usleep(UInt32.random(in: 300_000...600_000, using: &generator) + UInt32(kills) * 100_000)
      kill(process, SIGKILL)
      _ = try Command.wait(for: process)
      kills += 1
    }
    #expect(kills > 1)
    #expect(try Command.bytes(of: scratch / "killed") == Command.bytes(of: scratch / "whole"))
  }

  @Test func interruptionSavesTheCheckpoint() throws {
    let scratch = try Scratch()
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    let log = scratch / "log"
    let process = try Command.spawn(
      [Command.binary, "train", "--data", Self.photos, "-o", scratch / "model", "--log", log, "--batch", "2"]
        + ["--epochs", "1000"], &actions)
    defer { kill(process, SIGKILL) }
    while (try? Command.bytes(of: log).isEmpty) ?? true { usleep(1000) }
    kill(process, SIGTERM)
    #expect(try Command.wait(for: process) == 128 + SIGTERM)
    #expect(try scratch.files() == ["log", "model.checkpoint"])
  }

  @Test func anLCAMHeadExplainsWithItself() throws {
    let scratch = try Scratch()
    let model = scratch / "model.safetensors"
    let trained = try Command.run(
      ["train", "--head", "lcam", "--data", Self.photos, "-o", model, "--batch", "2", "--epochs", "1"])
    #expect(trained.status == 0, "\(trained.error)")
    #expect(try Command.run(["info", model]).text.contains("lcam: trained L-CAM"))
    func explain(_ arguments: [String]) throws -> Command.Result {
      try Command.run(["explain", Photos.cat, "-q", "--json"] + arguments)
    }
    for arguments in [["--model", model], ["--model", model, "--method", "lcam", "--trust"]] {
      let explained = try explain(arguments)
      #expect(explained.status == 0, "\(explained.error)")
      let line = try JSONValue.lines(explained.text)[0]
      #expect(line["method"] == .string("lcam"))
    }
    let other = try explain(["--model", model, "--method", "ttame"])
    #expect(other.status == 65 && other.error.contains("ttame needs a T-TAME head, which this model lacks"))
    let bundled = try explain(["--method", "lcam"])
    #expect(bundled.status == 65 && bundled.error.contains("lcam needs an L-CAM head, which this model lacks"))
  }

  @Test func mistakesAreNamed() throws {
    let scratch = try Scratch()
    func run(_ arguments: [String]) throws -> (Int32, String) {
      let result = try Command.run(["train", "-o", scratch / "m"] + arguments)
      return (result.status, result.error)
    }
    #expect(try run(["--data", scratch / "none"]).0 == 66)
    #expect(try run(["--data", Self.photos, "--lr", "-1"]).0 == 64)
    let few = try run(["--data", Self.photos])
    #expect(few.0 == 65 && few.1.contains("3 images, less than a batch of 32"))
  }
}
