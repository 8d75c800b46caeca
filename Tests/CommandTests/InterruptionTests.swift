import Explain
import Glibc
import Testing

/// Requests to end, and readers that go away.
@Suite(.timeLimit(.minutes(10))) struct InterruptionTests {
  private static let frames = 60

  /// The program with more to answer than it will, stopped in the midst of a picture because nobody reads it.
  private func blocked(_ tiny: TinyStream) throws -> PipedCommand {
    // Noise makes pictures that are larger than what a pipe holds.
    let frame = try TinyStream.frame(.pnm, 300, 200)
    try tiny.scratch.write(Array(repeatElement(frame, count: Self.frames).joined()), to: "many")
    let command = try PipedCommand(["explain", "-q"] + tiny.model, input: tiny.scratch / "many")
    command.waitForOutput()
    return command
  }

  /// Sends a signal and waits until the program has seen it.
  private func send(_ signal: Int32, to command: PipedCommand) throws {
    kill(command.process, signal)
    while try command.kernelReport("ShdPnd") != 0 { usleep(1000) }
  }

  @Test(arguments: [SIGTERM, SIGHUP])
  func picturesInHandAreWritten(_ signal: Int32) throws {
    let tiny = try TinyStream()
    let command = try blocked(tiny)
    try send(signal, to: command)
    let pictures = try Photos.split(command.rest())
    #expect((1..<Self.frames).contains(pictures.count))
    #expect(try command.end() == (128 + signal, ""))
  }

  @Test func aSecondSignalEndsAtOnce() throws {
    let tiny = try TinyStream()
    let command = try blocked(tiny)
    try send(SIGTERM, to: command)
    kill(command.process, SIGTERM)
    // Nothing has been read so far, and the program does not wait for it.
    #expect(try command.end() == (128 + SIGTERM, ""))
    #expect(throws: ImageError.truncated(.png)) { try Photos.split(command.rest()) }
  }

  @Test func whoWaitsForInputEndsAtOnce() throws {
    let tiny = try TinyStream()
    let command = try PipedCommand(["classify", "--json"] + tiny.model)
    let frame = try TinyStream.frame(.png, 9)
    // Half of the next frame does not count as in hand.
    try command.write(frame + frame.prefix(40))
    #expect(try TinyStream.frames(command.line()) == [[9, 1]])
    kill(command.process, SIGTERM)
    #expect(try Command.wait(for: command.process, keeping: true) == 128 + SIGTERM)
    #expect(try command.end() == (128 + SIGTERM, ""))
  }

  /// Who opens a pipe that nobody reads has begun nothing.
  @Test(
    arguments: [SIGTERM, SIGINT],
    [
      ["explain", "-q", "a.png", "-o", "g"], ["explain", "-q", "a.png", "--json-file", "g"],
      ["train", "--data", ".", "-o", "N", "--batch", "1", "--log", "g"],
    ])
  func whoWaitsForAPipesReaderEndsAtOnce(_ signal: Int32, _ arguments: [String]) throws {
    let tiny = try TinyStream()
    try tiny.scratch.write(try TinyStream.frame(.png, 20), to: "a.png")
    #expect(mkfifo((tiny.scratch / "g").cPath, 0o600) == 0)
    let shell = ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", tiny.scratch.path, Command.binary]
    let command = try PipedCommand(arguments + tiny.model, program: shell)
    usleep(500_000)
    kill(command.process, signal)
    #expect(try command.end().status == 128 + signal)
    #expect(try !tiny.scratch.files().contains("N"))
  }

  /// A reader that comes late gets all of it.
  @Test func aPipesReaderMayComeLate() throws {
    let tiny = try TinyStream()
    try tiny.scratch.write(try TinyStream.frame(.png, 300, 200), to: "a.png")
    #expect(mkfifo((tiny.scratch / "g").cPath, 0o600) == 0)
    let script = "\"$@\" & sleep 0.3; cat g > p.png; wait"
    let result = try Command.run(
      ["explain", "-q", "a.png", "-o", "g"] + tiny.model, program: ["/bin/sh", "-c", script, "sh", Command.binary],
      in: tiny.scratch.path)
    #expect(result.status == 0 && result.error.isEmpty, "\(result.error)")
    #expect(try Image(decoding: Command.bytes(of: tiny.scratch / "p.png")).width == 300)
  }

  @Test func aReaderThatGoesAwayIsNoError() throws {
    let tiny = try TinyStream()
    let command = try blocked(tiny)
    var output: [UInt8] = []
    while try Photos.split(output, cut: true).isEmpty { output += command.read() }
    command.closeOutput()
    #expect(try command.end() == (0, ""))
  }

  @Test(arguments: [["classify", "-q"], ["classify", "--json"], ["explain", "-q", "--json"]])
  func aReaderOfLinesThatGoesAwayIsNoError(_ arguments: [String]) throws {
    let tiny = try TinyStream()
    let command = try PipedCommand(arguments + tiny.model)
    let frame = try TinyStream.frame(.jpeg, 9)
    try command.write(frame)
    #expect(!command.line().isEmpty)
    command.closeOutput()
    command.writeUntilClosed(frame)
    // Ends although its input does not.
    #expect(try Command.wait(for: command.process, keeping: true) == 0)
    #expect(try command.end() == (0, ""))
  }
}
