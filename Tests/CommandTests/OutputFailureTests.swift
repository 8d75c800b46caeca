import Explain
import Glibc
import Testing

/// Full disks, closed streams: one line, a status, and nothing half done.
@Suite struct OutputFailureTests {
  private static let full = "cannot be written: No space left on device"

  /// Three pictures and a model.
  private func files() throws -> TinyStream {
    let tiny = try TinyStream()
    for name in ["a", "b", "c"] { try tiny.scratch.write(try TinyStream.frame(.png, 60, 50), to: name + ".png") }
    try tiny.scratch.write(Array("a.png\t0\nb.png\t1\n".utf8), to: "list.tsv")
    return tiny
  }

  /// However many pictures follow: they go the same way.
  @Test(arguments: [
    "classify a.png b.png c.png", "classify --json a.png b.png c.png", "explain -q -o - a.png b.png c.png",
    "explain -q --json a.png b.png c.png", "evaluate --data list.tsv --metrics accuracy",
    "evaluate --data list.tsv --metrics accuracy --json",
  ])
  func aFullStandardOutput(_ line: String) throws {
    let tiny = try files()
    let arguments = line.split(separator: " ").map(String.init) + ["--model", "tiny.safetensors"]
    let result = try Command.run(arguments, in: tiny.scratch.path, output: "/dev/full")
    #expect(result.status == 74 && result.error == "ttame-lite: standard output: \(Self.full)\n", "\(result.error)")
  }

  @Test(arguments: [["info"], ["info", "--labels"], ["bench", "--kernels", "softmax", "--rounds", "1"]])
  func aFullStandardOutputOfOneText(_ arguments: [String]) throws {
    let result = try Command.run(arguments, output: "/dev/full")
    #expect(result.status == 74 && result.error == "ttame-lite: standard output: \(Self.full)\n", "\(result.error)")
  }

  @Test(arguments: [
    ("-o /dev/full a.png", 74, "/dev/full: \(full)"),
    ("-o - --json-file /dev/full a.png b.png", 74, "/dev/full: \(full)"),
    ("-o - --raw /dev/full a.png", 73, "/dev/full: is not a regular file"),
  ])
  func aFullDevice(_ line: String, _ status: Int, _ message: String) throws {
    let tiny = try files()
    let result = try Command.run(
      ["explain", "-q"] + line.split(separator: " ").map(String.init) + tiny.model, in: tiny.scratch.path)
    #expect(result.status == Int32(status) && result.error == "ttame-lite: \(message)\n", "\(result.error)")
  }

  /// A disk that is full is here a process whose files may not grow beyond 4 or, as shells count, 8 KiB.
  @Test(
    .disabled(if: Command.isSanitized, "a sanitizer has files of its own, which may not grow either"),
    arguments: [
      ("-o out.png a.png", "out.png: cannot be written: File too large", 1),
      ("-o x/ a.png b.png", "x/a.png: cannot be written: File too large", 2),
      ("-o - --raw out.safetensors a.png", "out.safetensors: write: File too large", 1),
      (
        "-o - --json-file out.jsonl" + String(repeating: " a.png", count: 40),
        "out.jsonl: cannot be written: File too large",
        1
      ),
    ])
  func aFullDisk(_ line: String, _ message: String, _ lines: Int) throws {
    let tiny = try files()
    let before = try tiny.scratch.files()
    let limited = ["/bin/sh", "-c", "ulimit -f 8 && exec \"$0\" \"$@\"", Command.binary]
    let arguments = ["explain", "-q"] + line.split(separator: " ").map(String.init) + ["--model", "tiny.safetensors"]
    let result = try Command.run(arguments, program: limited, in: tiny.scratch.path, output: "/dev/null")
    #expect(result.status == 74 && result.errorLines.count == lines, "\(result.error)")
    #expect(result.errorLines.first.map(String.init) == "ttame-lite: " + message)
    // Nothing half written remains, but the lines of JSON that were whole, and the start of the next.
    #expect(try tiny.scratch.files().filter { $0 != "out.jsonl" && $0 != "x" } == before)
    #expect((try? tiny.scratch.files(in: "x")) ?? [] == [])
  }

  /// - Parameter streams: what a shell does to the standard streams.
  private func run(_ arguments: [String], _ streams: String, _ tiny: TinyStream) throws -> Command.Result {
    let program = ["/bin/sh", "-c", "exec \"$0\" \"$@\" \(streams)", Command.binary]
    return try Command.run(arguments + ["--model", "tiny.safetensors"], program: program, in: tiny.scratch.path)
  }

  @Test func closedStandardOutput() throws {
    let tiny = try files()
    let message = "ttame-lite: standard output: cannot be written: it is closed\n"
    for arguments in [["classify"], ["classify", "--json"], ["explain", "-q", "-o", "-"]] {
      let result = try run(arguments + ["a.png", "b.png"], ">&-", tiny)
      #expect(result.status == 74 && result.error == message, "\(result.error)")
    }
    #expect(try run(["explain", "-q", "-o", "out.png", "a.png"], ">&-", tiny).status == 0)
    #expect(try Image(decoding: Command.bytes(of: tiny.scratch / "out.png")).width == 60)
  }

  @Test func closedStandardInput() throws {
    let tiny = try files()
    let message = "ttame-lite: standard input: is closed; name a file, or pipe an image in\n"
    for arguments in [["classify"], ["explain", "-q"]] {
      let result = try run(arguments, "<&-", tiny)
      #expect(result.status == 66 && result.error == message && result.output.isEmpty, "\(result.error)")
    }
    #expect(try run(["classify", "a.png"], "<&-", tiny).status == 0)
  }

  /// Files that are opened do not take the place of streams that are closed.
  @Test func allStreamsClosed() throws {
    let tiny = try files()
    let before = try Command.bytes(of: tiny.scratch / "tiny.safetensors")
    #expect(
      try run(["explain", "-o", "out.png", "a.png", "--json-file", "out.jsonl"], "<&- >&- 2>&-", tiny).status == 0)
    #expect(try Image(decoding: Command.bytes(of: tiny.scratch / "out.png")).width == 60)
    #expect(
      try JSONValue.lines(String(decoding: Command.bytes(of: tiny.scratch / "out.jsonl"), as: UTF8.self)).count == 1)
    #expect(try run(["explain", "missing.png"], "<&- >&- 2>&-", tiny).status == 66)
    #expect(try run(["classify", "a.png"], "<&- >&- 2>&-", tiny).status == 74)
    #expect(try Command.bytes(of: tiny.scratch / "tiny.safetensors") == before)
  }
}
