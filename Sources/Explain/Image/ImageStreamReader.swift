/// Splits a stream of bytes into encoded pictures: PNG, JPEG and PNM one after the other, in any mix.
///
/// A picture is handed out as soon as its last byte has arrived; nothing is read that could make it wait. White space and
/// zero bytes between pictures are skipped. The declared size of a picture is checked before it is buffered, and no more
/// than 16 MiB and 8 bytes a pixel are ever waited for.
///
/// After what is no picture the next one is looked for as `PictureStart` says.
public struct ImageStreamReader {
  private let limits: ImageLimits
  private let read: (UnsafeMutableRawBufferPointer) throws -> Int
  /// What has been read and not yet handed out.
  private var window = ByteWindow()
  private var start = PictureStart()
  /// Whether the window begins where no picture is known to begin.
  private var isLost = false
  private var hasEnded = false

  /// Makes a reader of a source of bytes.
  ///
  /// - Parameter read: fills a part of the buffer and answers how many bytes that were, as `read(2)` does: at least 1, or
  ///   0 at the end. Its errors are passed on.
  public init(limits: ImageLimits = .standard, read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
    self.limits = limits
    self.read = read
  }

  /// The bytes of the next picture, framed but not yet decoded; nil when the stream has ended.
  ///
  /// - Throws: `ImageError` when what follows is no picture, too large, or cut off; the next call goes on behind it, and
  ///   says nothing more about bytes that belong to no picture. Or the error of `read`, which ends the stream.
  public mutating func next() throws -> [UInt8]? {
    if isLost { guard try findPicture() else { return nil } }
    guard let format = try skipToPicture() else { return nil }
    var framer = Framer(format)
    do {
      while true {
        let length = try window.look { bytes throws(ImageError) in
          try framer.scan(bytes, limits: limits, isAll: hasEnded)
        }
        if let length {
          if let header = framer.header { window.look { start.remember(header, in: $0) } }
          return window.take(length)
        }
        guard !hasEnded else { throw ImageError.truncated(format) }
        _ = try fill()
      }
    } catch let error as ImageError {
      isLost = true
      window.drop(framer.resumption)
      throw error
    }
  }

  /// Drops what lies between pictures; nil at the end of the stream.
  private mutating func skipToPicture() throws -> ImageFormat? {
    while true {
      while let first = window.first, isSpace(first) || first == 0 { window.drop(1) }
      if let first = window.first {
        guard let format = ImageFormat(firstByte: first) else {
          isLost = true
          throw ImageError.unrecognized
        }
        return format
      }
      guard try fill() else { return nil }
    }
  }

  /// Drops what lies in front of the next picture; false when there is none.
  private mutating func findPicture() throws -> Bool {
    while true {
      let (offset, isCertain) = window.look { start.search($0) }
      window.drop(offset)
      if isCertain {
        isLost = false
        return true
      }
      guard try fill() else {
        window.drop(window.count)
        return false
      }
    }
  }

  /// Reads once; false at the end of the stream.
  private mutating func fill() throws -> Bool {
    if hasEnded { return false }
    do {
      hasEnded = try !window.fill(from: read)
    } catch {
      hasEnded = true
      window.drop(window.count)
      throw error
    }
    return !hasEnded
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

  /// Where another picture may begin when this one proves damaged; behind its first byte.
  var resumption: Int {
    switch self {
    case .png(let scanner): scanner.resumption
    case .jpeg(let scanner): scanner.resumption
    case .pnm: 1
    }
  }

  /// The header of a PNM.
  var header: PNMHeader? {
    if case .pnm(let header) = self { header } else { nil }
  }

  /// The length of the picture that `bytes` begin with, or nil when more of them are needed.
  mutating func scan(_ bytes: Span<UInt8>, limits: ImageLimits, isAll: Bool) throws(ImageError) -> Int? {
    switch self {
    case .png(var scanner):
      defer { self = .png(scanner) }
      return try scanner.scan(bytes, limits: limits)
    case .jpeg(var scanner):
      defer { self = .jpeg(scanner) }
      if let length = try scanner.scan(bytes, limits: limits, isAll: isAll) { return length }
      let limit = ImageLimits.encodedBytes(width: scanner.size?.width ?? 0, height: scanner.size?.height ?? 0)
      if bytes.count > limit { throw .tooManyBytes(.jpeg, limit: limit) }
      return nil
    case .pnm(var header):
      if header == nil { header = try PNMHeader(bytes, limits: limits) }
      self = .pnm(header)
      return header.flatMap { bytes.count >= $0.fileLength ? $0.fileLength : nil }
    }
  }
}
