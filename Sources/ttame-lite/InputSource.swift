import Explain
import Glibc

/// A picture as it came in, not yet decoded.
struct EncodedPicture {
  /// Position among all inputs, counted from 0; those that cannot be read count too.
  let index: Int
  let origin: PictureOrigin
  let contents: EncodedBytes
}

/// The bytes of a picture, held until they are decoded and no longer.
final class EncodedBytes {
  private var bytes: [UInt8]

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  /// Hands them over; there are none afterwards.
  func take() -> [UInt8] {
    var taken: [UInt8] = []
    swap(&taken, &bytes)
    return taken
  }
}

/// Where a picture came from.
enum PictureOrigin {
  case file(String)
  /// The n-th picture of standard input, counted from 1.
  case standardInput(frame: Int)

  /// What messages call it.
  var description: String {
    switch self {
    case .file(let path): path.shownPath
    case .standardInput(1): "standard input"
    case .standardInput(let frame): "standard input, image \(frame)"
    }
  }

  /// What the names of its outputs begin with.
  var stem: String {
    switch self {
    case .file(let path): return fileStem(path)
    case .standardInput(let frame): return "stdin-\(frame.digits(6))"
    }
  }
}

/// The pictures of all inputs, one after the other; each is read when it is asked for.
struct InputSource {
  private var remaining: ArraySlice<Result<InputList.Input, Failure>>
  private var stream: ImageStreamReader?
  private let decoding: DecodingOptions
  /// Pictures of standard input so far, damaged ones too.
  private var frames = 0
  /// Whether standard input has given anything, or been called empty.
  private var hasSpoken = false
  private var position = 0
  /// What standard input held besides pictures; known at its end.
  let fillers = StreamFillers()
  /// How many pictures there will be; nil with standard input, which does not say.
  let count: Int?

  /// - Parameter decoding: how pictures will be decoded, which decides what is too large to be read.
  init(_ list: InputList, _ decoding: DecodingOptions) {
    self.decoding = decoding
    remaining = list.entries[...]
    count = list.readsStandardInput ? nil : list.entries.count
  }

  /// The next picture or why it cannot be read; nil after the last.
  mutating func next() -> Result<EncodedPicture, Failure>? {
    defer { position += 1 }
    while let entry = remaining.first {
      guard case .success(let input) = entry, input.isStandardInput else {
        remaining.removeFirst()
        return entry.flatMap { input in
          Result { () throws(Failure) in
            EncodedPicture(
              index: position, origin: .file(input.path), contents: EncodedBytes(try readFile(input.path)))
          }
        }
      }
      if let picture = nextFrame() { return picture }
      remaining.removeFirst()
    }
    return nil
  }

  private mutating func nextFrame() -> Result<EncodedPicture, Failure>? {
    var reader = stream ?? ImageStreamReader(decoding, read: Self.readStandardInput)
    defer { stream = reader }
    let origin = PictureOrigin.standardInput(frame: frames + 1)
    do {
      guard let bytes = try reader.next() else {
        fillers.counts = reader.fillers
        guard !hasSpoken else { return nil }
        hasSpoken = true
        return .failure(
          Failure(.inputMissing, "is empty; name a file, or pipe an image in", subject: origin.description))
      }
      (frames, hasSpoken) = (frames + 1, true)
      return .success(EncodedPicture(index: position, origin: origin, contents: EncodedBytes(bytes)))
    } catch ImageError.unrecognized where frames > 0 {
      // No picture, so that the numbers of those that follow stay those of a film.
      return .failure(
        Failure(
          .badData, "bytes that do not begin an image are skipped", subject: "standard input, after image \(frames)")
      )
    } catch ImageError.foreign(let format) {
      hasSpoken = true
      let rest = reader.isClosed ? "; the rest is ignored" : ""
      return .failure(
        Failure(
          .badData, "\(ImageError.foreign(format))" + rest,
          subject: frames > 0 ? "standard input, after image \(frames)" : origin.description))
    } catch {
      if error as? ImageError != .unrecognized { frames += 1 }
      hasSpoken = true
      return .failure(Failure(error, reading: origin.description))
    }
  }

  private static func readStandardInput(_ buffer: UnsafeMutableRawBufferPointer) throws -> Int {
    while true {
      let count = Glibc.read(STDIN_FILENO, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      if errno == EAGAIN {
        waitUntilReady(STDIN_FILENO, for: POLLIN)
      } else if errno != EINTR {
        throw Failure.reading("standard input")
      }
    }
  }
}

/// What a stream held besides pictures.
final class StreamFillers {
  /// Set by who reads the stream, before its end is told.
  var counts: [StreamFiller: Int] = [:]

  /// A line for people.
  var line: String {
    let parts = StreamFiller.allCases.compactMap { kind in counts[kind].map(kind.phrase) }
    return "standard input, besides images: " + (parts.isEmpty ? "nothing" : parts.joined(separator: ", "))
  }
}
