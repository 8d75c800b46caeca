import Explain
import Glibc
import Testing

/// Pictures that come one after the other without end.
@Suite struct StreamTests {
  private static let garbage = "standard input, after image 3: bytes that do not begin an image are skipped"

  /// Damage that makes the end of a frame unknown, and what is said about it.
  private static func damaged(_ kind: TinyStream.Kind) throws -> (bytes: [UInt8], message: String) {
    var bytes = try TinyStream.frame(kind, 12)
    switch kind {
    case .png:
      bytes[8 + 25 + 4] = 0  // in the name of the second chunk
      return (bytes, "PNG: has bytes between its chunks")
    case .jpeg:
      // Cut in its data.
      return (Array(bytes.dropLast(30)), "JPEG ends before its image is complete")
    case .pnm:
      bytes[3] = UInt8(ascii: "x")
      return (bytes, "PNM header has 'x' instead of a number")
    }
  }

  @Test(arguments: TinyStream.Kind.allCases)
  func damagedFramesAreNamedAndSkipped(_ kind: TinyStream.Kind) throws {
    let tiny = try TinyStream()
    let (damaged, message) = try Self.damaged(kind)
    // Frames of a film in PNM have one size.
    let widths = kind == .pnm ? [11, 11, 11, 11] : [11, 13, 14, 15]
    let good = try widths.map { try TinyStream.frame(kind, $0) }
    let input = good[0] + damaged + good[1] + Array("garbage".utf8) + good[2] + good[3]
    let lines = [
      "ttame-lite: standard input, image 2: \(message)", "ttame-lite: \(Self.garbage)",
    ]
    let expected = zip(widths, [1, 3, 4, 5]).map { [$0, $1] }
    let classified = try Command.run(["classify", "--json"] + tiny.model, input: input)
    #expect(classified.status == 65 && classified.errorLines.map(String.init) == lines, "\(classified.error)")
    #expect(try TinyStream.frames(classified.text) == expected)
    let explained = try Command.run(["explain", "-q"] + tiny.model, input: input)
    #expect(explained.status == 65 && explained.errorLines.map(String.init) == lines)
    #expect(try Photos.split(explained.output).map(\.width) == widths)
    // The damaged frame has a number, garbage has none.
    let folder = tiny.scratch / "out/"
    _ = try Command.run(["explain", "-q", "-o", folder] + tiny.model, input: input)
    #expect(try tiny.scratch.files(in: "out") == [1, 3, 4, 5].map { "stdin-00000\($0).png" })
  }

  @Test func aCutStreamAnswersWhatCameBefore() throws {
    let tiny = try TinyStream()
    let frame = try TinyStream.frame(.jpeg, 20)
    let result = try Command.run(["classify", "--json"] + tiny.model, input: frame + frame + frame.dropLast(9))
    #expect(result.status == 65)
    #expect(result.error == "ttame-lite: standard input, image 3: JPEG ends before its image is complete\n")
    #expect(try TinyStream.frames(result.text) == [[20, 1], [20, 2]])
  }

  @Test(.disabled(if: Command.isSanitized, "a sanitizer keeps what is freed"))
  func garbageIsNotKeptInMemory() throws {
    let tiny = try TinyStream()
    let command = try PipedCommand(["classify", "--json"] + tiny.model)
    let frame = try TinyStream.frame(.png, 30)
    try command.write(frame)
    #expect(try TinyStream.frames(command.line()) == [[30, 1]])
    let before = try command.kernelReport("VmHWM")
    let garbage = TinyStream.noise(1 << 20)
    for _ in 0..<100 { try command.write(garbage) }
    try command.write(frame)
    #expect(try TinyStream.frames(command.line()) == [[30, 2]])
    #expect(try command.kernelReport("VmHWM") - before < 8 << 20)
    let (status, error) = try command.end()
    #expect(status == 65)
    #expect(error == "ttame-lite: standard input, after image 1: bytes that do not begin an image are skipped\n")
  }

  @Test(arguments: [["classify", "--json"], ["explain", "-q", "--json"]])
  func everyPictureIsAnsweredBeforeTheNextArrives(_ arguments: [String]) throws {
    let tiny = try TinyStream()
    let command = try PipedCommand(arguments + tiny.model)
    for (index, kind) in TinyStream.Kind.allCases.enumerated() {
      try command.write(try TinyStream.frame(kind, 20 + index))
      // Would wait for ever if the program waited for the next picture.
      #expect(try TinyStream.frames(command.line()) == [[20 + index, index + 1]])
    }
    #expect(try command.end() == (0, ""))
  }

  @Test func aPictureIsWrittenBeforeTheNextArrives() throws {
    let tiny = try TinyStream()
    let command = try PipedCommand(["explain", "-q"] + tiny.model)
    for width in 20...22 {
      try command.write(try TinyStream.frame(.jpeg, width))
      var output: [UInt8] = []
      while try Photos.split(output, cut: true).isEmpty { output += command.read() }
      #expect(try Photos.split(output).map(\.width) == [width])
    }
    #expect(try command.end() == (0, ""))
  }

  @Test func bytesThatComeOneByOne() throws {
    let tiny = try TinyStream()
    let fifo = tiny.scratch / "fifo"
    #expect(mkfifo(fifo, 0o600) == 0)
    // Open for both, so that nobody waits for the other side.
    let holder = open(fifo, O_RDWR | O_CLOEXEC)
    let writing = open(fifo, O_WRONLY | O_CLOEXEC)
    let command = try PipedCommand(["classify", "--json"] + tiny.model, input: fifo)
    for (index, kind) in TinyStream.Kind.allCases.enumerated() {
      for var byte in try TinyStream.frame(kind, 20 + index) { #expect(write(writing, &byte, 1) == 1) }
      #expect(try TinyStream.frames(command.line()) == [[20 + index, index + 1]])
    }
    close(writing)
    close(holder)
    #expect(try command.end() == (0, ""))
  }

  /// Nothing is read until the source is stopped; then all that was taken is answered.
  @Test(arguments: [["explain", "-q"], ["explain", "-q", "--json"], ["classify", "--json"]])
  func aSlowReaderStopsTheSource(_ arguments: [String]) throws {
    let tiny = try TinyStream()
    let command = try PipedCommand(arguments + tiny.model)
    let writesPictures = arguments == ["explain", "-q"]
    // One large picture fills the output's pipe, or some hundred lines of JSON.
    let frame = try TinyStream.frame(.pnm, writesPictures ? 300 : 20, writesPictures ? 200 : 20)
    let limit = 30 << 20
    let taken = try command.fill(with: frame, limit: limit)
    #expect(taken < limit / 2)
    command.closeInput()
    let frames = taken / frame.count
    let output = command.rest()
    if writesPictures {
      #expect(try Photos.split(output).count == frames)
    } else {
      let numbers = try TinyStream.frames(String(decoding: output, as: UTF8.self)).map { $0[1] }
      #expect(numbers == Array(1...frames))
    }
    let end = try command.end()
    #expect(end.status == (taken % frame.count == 0 ? 0 : 65), "\(end.error)")
  }
}
