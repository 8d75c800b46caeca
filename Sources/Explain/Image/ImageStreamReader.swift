/// Splits a stream of bytes into encoded pictures: PNG, JPEG and PNM one after the other, in any mix.
///
/// A picture is handed out as soon as its last byte has arrived; nothing is read that could make it wait. What carries
/// pictures, pads them or belongs to the one before is skipped and counted (`StreamFiller`). The declared size of a picture is
/// checked before it is buffered, and no more than 16 MiB and 8 bytes a pixel are ever waited for.
///
/// After what is no picture the next one is looked for as `PictureStart` says. A file of another kind that may hold pictures, as a
/// document holds them, is skipped whole where its boxes tell its length; otherwise nothing behind its beginning is read.
public struct ImageStreamReader {
  /// What was skipped so far without being an error, by kind.
  public private(set) var fillers: [StreamFiller: Int] = [:]
  private let options: DecodingOptions
  private let read: (UnsafeMutableRawBufferPointer) throws -> Int
  /// What has been read and not yet handed out.
  private var window = ByteWindow()
  /// Bytes that have left the window.
  private var position = 0
  private var start = PictureStart()
  private var interlude = Interlude()
  /// Bytes to skip, some of which may not have arrived.
  private var surplus = 0
  /// The pictures that the last one holds besides itself, by position in the stream and length.
  private var embedded: [(position: Int, length: Int)] = []
  /// Whether the window begins where no picture is known to begin.
  private var isLost = false
  private var hasEnded = false
  /// Whether there has been a picture, whole or damaged.
  private var hasMetPicture = false
  /// Whether the boxes of a file of another kind are being skipped.
  private var isInForeignBoxes = false
  /// Whether the stream goes on with a file of another kind, whose end is unknown; nothing more is read then.
  public private(set) var isClosed = false

  /// Makes a reader of a source of bytes.
  ///
  /// - Parameter read: fills a part of the buffer and answers how many bytes that were, as `read(2)` does: at least 1, or
  ///   0 at the end. Its errors are passed on.
  public init(limits: ImageLimits = .standard, read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
    self.init(DecodingOptions(limits: limits), read: read)
  }

  /// Makes a reader of pictures that are decoded in a certain way.
  public init(_ options: DecodingOptions, read: @escaping (UnsafeMutableRawBufferPointer) throws -> Int) {
    self.options = options
    self.read = read
  }

  /// The bytes of the next picture, framed but not yet decoded; nil when the stream has ended.
  ///
  /// - Throws: `ImageError` when what follows is no picture, too large, or cut off; the next call goes on behind it, and
  ///   says nothing more about bytes that belong to no picture. Or the error of `read`, which ends the stream.
  public mutating func next() throws -> [UInt8]? {
    while !isClosed {
      if isLost { guard try findPicture() else { return nil } }
      guard let format = try skipToPicture() else { return nil }
      var framer = Framer(format, start)
      do {
        let length = try frame(&framer, format)
        let isEmbedded = try format == .jpeg && belongsToLast(length, hasOpenEnd: framer.hasOpenEnd)
        let begin = position
        position += length
        surplus = interlude.begin(behind: format, length: length)
        if isEmbedded {
          fillers[.embeddedPictures, default: 0] += 1
          window.drop(length)
          continue
        }
        embedded = framer.others.map { ($0.offset + begin, $0.length) }
        if framer.hasOpenEnd { fillers[.openEnds, default: 0] += 1 }
        (hasMetPicture, isInForeignBoxes) = (true, false)
        return window.take(length)
      } catch let error as ImageError {
        let isEmbedded = embedded.contains { $0.position == position }
        let error = try nameOfForeign(error)
        isLost = true
        drop(framer.resumption)
        // What belongs to a picture that has been answered is not missed.
        if !isEmbedded { throw error }
      }
    }
    return nil
  }

  /// Reads up to the end of a picture and answers its length.
  private mutating func frame(_ framer: inout Framer, _ format: ImageFormat) throws -> Int {
    while true {
      let length = try window.look { bytes throws(ImageError) in
        try framer.scan(bytes, options, isAll: hasEnded)
      }
      if let length {
        if let header = framer.header { window.look { start.remember(header, in: $0) } }
        return length
      }
      guard !hasEnded else { throw ImageError.truncated(format) }
      if let known = framer.knownLength, known > window.count {
        try MemoryBudget.require(known)
        window.reserve(known)
      }
      _ = try fill()
    }
  }

  /// Whether the JPEG that the window begins with is one that the picture before it holds: of the length that its index says,
  /// padding at its end included.
  ///
  /// Where that one was stripped off a file, another picture stands in its place, which has a length of its own.
  private mutating func belongsToLast(_ length: Int, hasOpenEnd: Bool) throws -> Bool {
    for (index, other) in embedded.enumerated() {
      // One that was cut is not missed.
      let isCut = hasOpenEnd && other.position == position
      if other.length != length, !isCut {
        guard other.position == position, other.length > length else { continue }
        while window.count < other.length, try fill() {}
        let isPadded = window.look { bytes in
          bytes.count >= other.length && (length..<other.length).allSatisfy { bytes[$0] == 0 || bytes[$0] == 0xFF }
        }
        guard isPadded else { continue }
      }
      embedded.remove(at: index)
      return true
    }
    return false
  }

  /// Drops what lies between pictures; nil at the end of the stream.
  private mutating func skipToPicture() throws -> ImageFormat? {
    while true {
      let available = min(surplus, window.count)
      drop(available)
      surplus -= available
      guard window.count > 0 else {
        guard try fill() else { return nil }
        continue
      }
      if try beginsBoxes() { throw try nameOfForeign(.unrecognized) }
      switch window.look({ interlude.next($0, isAll: hasEnded) }) {
      case .picture(let format): return format
      case .filler(let kind, let bytes, let amount):
        if amount > 0 { fillers[kind, default: 0] += amount }
        surplus = bytes
      case .unknown where !hasEnded: _ = try fill()
      case .unknown, .garbage:
        isLost = true
        // A box of an unknown kind, of a file that has been named.
        if isInForeignBoxes {
          isClosed = true
          return nil
        }
        throw try nameOfForeign(.unrecognized)
      }
    }
  }

  /// Whether a film or the like begins, whose zeros at the beginning are no padding, and which belongs to no JPEG in front of it.
  private mutating func beginsBoxes() throws -> Bool {
    guard window.first == 0, position == 0 || hasMetPicture, !isInForeignBoxes, !interlude.isInFilm else {
      return false
    }
    // Behind a picture zeros are padding, but for those of a box's length.
    let kind = hasMetPicture ? Array("ftyp".utf8) : []
    while window.look({ $0.count < 12 && $0.holds([0, 0, 0]) && $0.holds(kind, at: 4) }), try fill() {}
    // Only what would have been waited for decides, however the bytes arrive.
    guard window.look({ $0.count >= 12 && $0.holds([0, 0, 0]) && $0.holds(kind, at: 4) }) else { return false }
    let format = window.look { bytes in bytes.extracting(first: 12).withUnsafeBytes(ForeignFormat.detect) }
    // Behind a JPEG a film is a motion photograph's.
    guard let format, !hasMetPicture || format != .mp4 || !interlude.isBehindJPEG else { return false }
    isLost = true
    return true
  }

  /// What stands where a picture should begin, and begins like none.
  private mutating func nameOfForeign(_ error: ImageError) throws -> ImageError {
    guard error == .unrecognized else { return error }
    let isFirst = !hasMetPicture
    hasMetPicture = true
    if isFirst, interlude.isAVI { return .foreign(.avi) }
    let needed = isFirst ? ForeignFormat.decisiveBytes : ForeignFormat.certainBytes
    while window.count < needed, try fill() {}
    // Only what would have been waited for decides, however the bytes arrive.
    let format = window.look { $0.extracting(first: needed).withUnsafeBytes(ForeignFormat.detect) }
    guard let format, isFirst || format.isCertain else { return error }
    if format.mayHoldPictures {
      isInForeignBoxes = window.look { interlude.beginBoxes($0) }
      (isLost, isClosed) = (false, !isInForeignBoxes)
    }
    return .foreign(format)
  }

  /// Drops what lies in front of the next picture; false when there is none.
  private mutating func findPicture() throws -> Bool {
    while true {
      let (offset, isCertain) = window.look { start.search($0) }
      drop(offset)
      if isCertain {
        isLost = false
        surplus = 0
        return true
      }
      guard try fill() else {
        drop(window.count)
        return false
      }
    }
  }

  private mutating func drop(_ count: Int) {
    position += min(count, window.count)
    window.drop(count)
  }

  /// Reads once; false at the end of the stream.
  private mutating func fill() throws -> Bool {
    if hasEnded { return false }
    try MemoryBudget.require(window.growth)
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
  case pnm(PNMScanner)

  /// - Parameter start: how other pictures of the stream begin.
  init(_ format: ImageFormat, _ start: PictureStart) {
    switch format {
    case .png: self = .png(PNGScanner())
    case .jpeg: self = .jpeg(JPEGScanner(start))
    case .pnm: self = .pnm(PNMScanner())
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
    if case .pnm(let scanner) = self { scanner.header } else { nil }
  }

  /// The length of the picture where its header tells.
  var knownLength: Int? { header?.fileLength }

  /// Whether a JPEG ends without an EOI.
  var hasOpenEnd: Bool {
    if case .jpeg(let scanner) = self { scanner.hasOpenEnd } else { false }
  }

  /// The pictures that a JPEG's file holds besides it.
  var others: [(offset: Int, length: Int)] {
    if case .jpeg(let scanner) = self { scanner.others } else { [] }
  }

  /// The length of the picture that `bytes` begin with, or nil when more of them are needed.
  mutating func scan(_ bytes: Span<UInt8>, _ options: DecodingOptions, isAll: Bool) throws(ImageError) -> Int? {
    let limits = options.limits
    switch self {
    case .png(var scanner):
      defer { self = .png(scanner) }
      return try scanner.scan(bytes, limits: limits)
    case .jpeg(var scanner):
      defer { self = .jpeg(scanner) }
      let jpegLimits = options.reduces ? limits.forReducedJPEG : limits
      if let length = try scanner.scan(bytes, limits: jpegLimits, isAll: isAll) { return length }
      let pixels = min((scanner.size?.width ?? 0) * (scanner.size?.height ?? 0), limits.pixels)
      let limit = ImageLimits.encodedBytes(width: pixels, height: 1)
      if bytes.count > limit { throw .tooManyBytes(.jpeg, limit: limit) }
      return nil
    case .pnm(var scanner):
      defer { self = .pnm(scanner) }
      return try scanner.scan(bytes, limits: limits, isAll: isAll)
    }
  }
}
