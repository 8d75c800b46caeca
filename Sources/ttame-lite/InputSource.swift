import Explain
import Glibc

/// A picture as it came in, not yet decoded.
struct EncodedPicture {
  let origin: PictureOrigin
  let bytes: [UInt8]
}

/// Where a picture came from.
enum PictureOrigin {
  case file(String)
  /// The n-th picture of standard input, counted from 1.
  case standardInput(frame: Int)

  /// What messages call it.
  var description: String {
    switch self {
    case .file(let path): path
    case .standardInput(1): "standard input"
    case .standardInput(let frame): "standard input, picture \(frame)"
    }
  }

  /// What the names of its outputs begin with.
  var stem: String {
    switch self {
    case .file(let path): return fileStem(path)
    case .standardInput(let frame):
      let digits = String(frame)
      return "stdin-" + String(repeating: "0", count: max(6 - digits.count, 0)) + digits
    }
  }
}

/// The pictures of all inputs, one after the other; each is read when it is asked for.
struct InputSource {
  /// Most bytes of one picture file.
  private static let largestFile = 1 << 30

  private var remaining: ArraySlice<String>
  private var stream: ImageStreamReader?
  private var frames = 0
  /// How many pictures there will be; nil with standard input, which does not say.
  let count: Int?

  /// - Parameter inputs: paths, with `-` for standard input; none means standard input.
  init(_ inputs: [String]) throws {
    let inputs = inputs.isEmpty ? ["-"] : inputs
    let readsStandardInput = inputs.contains("-")
    if inputs.filter({ $0 == "-" }).count > 1 {
      throw Failure(.usage, "standard input (-) is given more than once")
    }
    if readsStandardInput, isatty(STDIN_FILENO) == 1 {
      throw Failure(.usage, "no picture: name a file, or pipe one in (see ttame-lite --help)")
    }
    remaining = inputs[...]
    count = readsStandardInput ? nil : inputs.count
  }

  /// The next picture or why it cannot be read; nil after the last.
  mutating func next() -> Result<EncodedPicture, Failure>? {
    while let input = remaining.first {
      if input != "-" {
        remaining.removeFirst()
        return Result { () throws(Failure) in EncodedPicture(origin: .file(input), bytes: try Self.read(input)) }
      }
      if let picture = nextFrame() { return picture }
      remaining.removeFirst()
    }
    return nil
  }

  private mutating func nextFrame() -> Result<EncodedPicture, Failure>? {
    var reader = stream ?? ImageStreamReader(read: Self.readStandardInput)
    let origin = PictureOrigin.standardInput(frame: frames + 1)
    do {
      let bytes = try reader.next()
      stream = reader
      guard let bytes else {
        // Said once: afterwards `frames` is not zero.
        guard frames == 0 else { return nil }
        frames = 1
        return .failure(
          Failure(.inputMissing, "is empty; name a file, or pipe a picture in", subject: origin.description))
      }
      frames += 1
      return .success(EncodedPicture(origin: origin, bytes: bytes))
    } catch {
      stream = reader
      frames += 1
      return .failure(Failure(error, reading: origin.description))
    }
  }

  private static func readStandardInput(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno != EINTR { throw Failure.reading("standard input") }
    }
  }

  private static func read(_ path: String) throws(Failure) -> [UInt8] {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { throw .reading(path) }
    defer { close(file) }
    var bytes: [UInt8] = []
    var status = stat()
    if fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG {
      bytes.reserveCapacity(min(Int(status.st_size), largestFile))
    }
    while true {
      let count = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { chunk in
        let count = Glibc.read(file, chunk.baseAddress, chunk.count)
        if count > 0 { bytes.append(contentsOf: chunk.prefix(count)) }
        return count
      }
      if count == 0 { return bytes }
      if count < 0, errno != EINTR { throw .reading(path) }
      if bytes.count > largestFile { throw Failure(.badData, "is larger than any picture (1 GiB)", subject: path) }
    }
  }
}
