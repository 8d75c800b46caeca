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
    try command.write(frame)
    // Ends although its input does not.
    #expect(try Command.wait(for: command.process, keeping: true) == 0)
    #expect(try command.end() == (0, ""))
  }
}
