@testable import Explain

/// Several pictures, with what cameras put between them: frames, errors and what is skipped do not depend on how the bytes
/// arrive, and the first picture is the one that a file of the same bytes holds.
///
/// The first byte of an input is the number of bytes that arrive at once, the others are the stream.
struct StreamTarget: FuzzTarget {
  private enum Event: Equatable {
    case picture([UInt8])
    case error(ImageError)
  }

  func run(_ bytes: [UInt8]) -> Bool {
    guard let first = bytes.first else { return false }
    let stream = Array(bytes.dropFirst())
    let whole = events(stream, chunk: max(1, stream.count))
    let parts = events(stream, chunk: 1 + Int(first))
    require(parts.events == whole.events, "frames do not depend on how the bytes of a stream arrive")
    require(parts.fillers == whole.fillers, "what is skipped does not depend on how the bytes of a stream arrive")
    if case .picture(let picture)? = whole.events.first, stream.withUnsafeBytes(ImageFormat.detect) != nil {
      let (framed, file) = (decoded(picture), decoded(stream))
      require(framed == file, "a picture is the same in a file and in a stream")
    }
    return true
  }

  private func decoded(_ bytes: [UInt8]) -> Image? { try? Image(decoding: bytes, limits: ImageTarget.limits) }

  private func events(_ bytes: [UInt8], chunk: Int) -> (events: [Event], fillers: [StreamFiller: Int]) {
    var reader = ImageStreamReader(bytes, chunk: chunk, limits: ImageTarget.limits)
    var events: [Event] = []
    while true {
      do {
        guard let picture = try reader.next() else { return (events, reader.fillers) }
        require(!picture.isEmpty, "a frame has bytes")
        events.append(.picture(picture))
      } catch let error as ImageError {
        requireText(error)
        events.append(.error(error))
      } catch {
        fatalError("broken promise: a stream's own errors are of ImageError")
      }
    }
  }
}

extension ImageStreamReader {
  /// A reader of bytes that arrive `chunk` at a time.
  init(_ bytes: [UInt8], chunk: Int, limits: ImageLimits) {
    var rest = bytes[...]
    self.init(limits: limits) { buffer in
      let part = rest.prefix(min(chunk, buffer.count))
      buffer.copyBytes(from: part)
      rest = rest.dropFirst(part.count)
      return part.count
    }
  }
}
