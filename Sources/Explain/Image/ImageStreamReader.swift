/// Splits a stream of bytes into encoded pictures: PNG, JPEG and PNM one after the other, in any mix.
///
/// A picture is handed out as soon as its last byte has arrived; nothing is read that could make it wait. White space and
/// zero bytes between pictures are skipped. The declared size of a picture is checked before it is buffered, and no more
/// than 16 MiB and 8 bytes a pixel are ever held.
public struct ImageStreamReader {
  private let limits: ImageLimits
  private let read: (UnsafeMutableRawBufferPointer) throws -> Int
  /// What has been read and not yet handed out.
  private var bytes: [UInt8] = []
  private var hasEnded = false

  /// Makes a reader of a source of bytes.
  ///
  /// - Parameter read: fills a part of the buffer and answers how many bytes that were, as `read(2)` does: at least 1, or
  ///   0 at the end. Its errors are passed on.
  public init(limits: ImageLimits = .standard, read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
    self.limits = limits
    self.read = read
  }

  /// The bytes of the next picture, framed but not yet decoded; nil when the stream has ended where a picture ends.
  ///
  /// - Throws: `ImageError` when what follows is no picture, too large, or cut off, or the error of `read`. Where the next
  ///   picture would begin is unknown then: further calls answer nil.
  public mutating func next() throws -> [UInt8]? {
    do {
      guard let format = try skipToPicture() else { return nil }
      var framer = Framer(format)
      while true {
        if let length = try framer.scan(bytes, limits: limits) { return take(length) }
        guard try fill() else { throw ImageError.truncated(format) }
      }
    } catch {
      hasEnded = true
      bytes = []
      throw error
    }
  }

  /// Drops what lies between pictures; nil at the end of the stream.
  private mutating func skipToPicture() throws -> ImageFormat? {
    while true {
      bytes.removeFirst(bytes.prefix { isSpace($0) || $0 == 0 }.count)
      if let first = bytes.first {
        guard let format = ImageFormat(firstByte: first) else { throw ImageError.unrecognized }
        return format
      }
      guard try fill() else { return nil }
    }
  }

  /// Reads once; false at the end of the stream.
  private mutating func fill() throws -> Bool {
    if hasEnded { return false }
    let count = try withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 16) { chunk in
      let count = try read(chunk)
      bytes.append(contentsOf: chunk.prefix(count))
      return count
    }
    hasEnded = count == 0
    return !hasEnded
  }

  private mutating func take(_ length: Int) -> [UInt8] {
    if length == bytes.count {
      defer { bytes = [] }
      return bytes
    }
    let picture = Array(bytes.prefix(length))
    bytes.removeFirst(length)
    return picture
  }
}

/// Finds the end of a picture while its bytes arrive.
private enum Framer {
  case png(PNGScanner)
  case jpeg(JPEGScanner)
  case pnm(PNMHeader?)

  init(_ format: ImageFormat) {
    switch format {
    case .png: self = .png(PNGScanner())
    case .jpeg: self = .jpeg(JPEGScanner())
    case .pnm: self = .pnm(nil)
    }
  }

  /// The length of the picture that `bytes` begin with, or nil when more of them are needed.
  mutating func scan(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) -> Int? {
    let format: ImageFormat
    let length: Int?
    let size: (width: Int, height: Int)?
    switch self {
    case .png(var scanner):
      (format, length, size) = (.png, try scanner.scan(bytes, limits: limits), scanner.size)
      self = .png(scanner)
    case .jpeg(var scanner):
      (format, length, size) = (.jpeg, try scanner.scan(bytes, limits: limits), scanner.size)
      self = .jpeg(scanner)
    case .pnm(var header):
      if header == nil { header = try PNMHeader(bytes, limits: limits) }
      self = .pnm(header)
      return header.flatMap { bytes.count >= $0.fileLength ? $0.fileLength : nil }
    }
    let limit = ImageLimits.encodedBytes(width: size?.width ?? 0, height: size?.height ?? 0)
    if length == nil, bytes.count > limit { throw .tooManyBytes(format, limit: limit) }
    return length
  }
}
