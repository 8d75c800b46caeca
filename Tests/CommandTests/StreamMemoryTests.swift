import Glibc
import Testing

/// A stream takes as much memory after hours as at its beginning, whatever carries its frames.
///
/// `Tools/stream-memory.sh` sends a million frames and prints the figures; without it some hundreds have to do.
@Suite struct StreamMemoryTests {
  private static let frames = getenv("TTAME_STREAM_FRAMES").flatMap { Int(String(cString: $0)) }
  /// What the memory may grow by: the heap's pieces settle during the first frames.
  private static let tolerance = 3 << 20

  @Test(
    .disabled(if: Command.isSanitized, "a sanitizer keeps what is freed"),
    arguments: [
      (TinyStream.Kind.png, Framing.none, classify), (.pnm, .none, classify), (.png, .none, explain),
      (.jpeg, .none, explain),
    ] + Framing.allCases.map { (.jpeg, $0, classify) })
  func memoryStaysConstant(_ kind: TinyStream.Kind, _ framing: Framing, _ arguments: [String]) throws {
    let tiny = try TinyStream()
    let command = try PipedCommand(arguments + tiny.model)
    let last = Self.frames ?? 500
    let marks = Self.frames == nil ? [100, last] : [1000, 10_000, 100_000, 1_000_000].filter { $0 < last } + [last]
    let frame = try TinyStream.frame(kind, 64, 48)
    // So few that no pipe is ever full.
    let batch = 4
    let frames = (0..<batch).flatMap { framing.framed(frame, isLast: $0 == batch - 1) }
    try command.write(framing.start)
    var first: Int?
    for answered in stride(from: batch, through: last, by: batch) {
      try command.write(frames)
      let isComplete =
        try arguments[0] == "classify" ? lines(batch, command, after: answered - batch) : pictures(batch, command)
      try #require(isComplete, "\(answered) frames")
      guard marks.contains(answered) else { continue }
      let (now, peak) = (try command.kernelReport("VmRSS"), try command.kernelReport("VmHWM"))
      if Self.frames != nil {
        print(
          "\(arguments[0]), \(kind.rawValue), \(framing): after \(answered) frames \(now >> 10) KiB, at most \(peak >> 10) KiB"
        )
      }
      first = first ?? now
      #expect(now - (first ?? now) < Self.tolerance && peak - (first ?? now) < Self.tolerance)
    }
    #expect(try command.end() == (0, ""))
  }

  private static let classify = ["classify", "--json"]
  private static let explain = ["explain", "-q"]

  /// What stands around frames.
  enum Framing: CaseIterable {
    case none, ends, multipart, avi, film, open

    /// What is sent once.
    var start: [UInt8] { self == .avi ? Array("RIFFxxxxAVI LISTxxxxmovi".utf8) : [] }

    func framed(_ frame: [UInt8], isLast: Bool) -> [UInt8] {
      switch self {
      case .none: frame
      case .ends: frame + [0xFF, 0xD9, 0, 0, 0xFF]
      case .multipart: Array("\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n".utf8) + frame
      case .avi:
        Array("01wb".utf8) + [4, 0, 0, 0, 0xFF, 0xD8, 0xFF, 0xE0] + Array("00dc".utf8) + size(frame) + frame + [0]
      case .film:
        frame + [0, 0, 0, 12] + Array("ftypmp42".utf8) + [0, 0, 0, 12] + Array("mdat".utf8) + [0xFF, 0xD8, 0xFF, 0xE0]
      // The last one would be answered when the next began.
      case .open: isLast ? frame : frame.dropLast(2)
      }
    }

    private func size(_ frame: [UInt8]) -> [UInt8] { [UInt8(frame.count & 255), UInt8(frame.count >> 8), 0, 0] }
  }

  private func lines(_ count: Int, _ command: PipedCommand, after number: Int) -> Bool {
    (1...count).allSatisfy { command.line().contains("\"frame\":\(number + $0),") }
  }

  /// Reads so many PNGs; the last bytes of each are its IEND.
  private func pictures(_ count: Int, _ command: PipedCommand) throws -> Bool {
    let end: [UInt8] = [0x49, 0x45, 0x4E, 0x44, 0xAE, 0x42, 0x60, 0x82]
    var output: [UInt8] = []
    while try !output.suffix(8).elementsEqual(end) || Photos.split(output, cut: true).count < count {
      let next = command.read()
      if next.isEmpty { return false }
      output += next
    }
    return true
  }
}
