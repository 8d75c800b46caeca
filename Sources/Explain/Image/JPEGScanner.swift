/// Walks the markers of a JPEG from SOI to EOI, as far as the bytes go; more bytes may be added between calls.
///
/// Some cameras leave out EOI: a JPEG of Huffman codes whose scans have all begun also ends where another picture begins, or
/// all bytes end. Whether its data are complete, decoding tells.
///
/// Thumbnails inside APP segments are skipped with their segment, restart markers and stuffed zeros with the coded data.
/// Bytes between segments that belong to none are skipped too, as libjpeg does. A marker in the midst of coded data may be
/// damage: only one that a whole segment follows is taken for one, so that no more than the damaged data is skipped.
struct JPEGScanner {
  private(set) var size: (width: Int, height: Int)?
  private(set) var components = 0
  private(set) var orientation: Orientation?
  /// Whether the picture ends without an EOI.
  private(set) var hasOpenEnd = false
  /// The pictures that the file holds besides this one, by offset from its beginning and length.
  private(set) var others: [(offset: Int, length: Int)] = []
  /// Where to look for another picture when this one proves damaged: behind the last APP segment of the header, for these
  /// hold thumbnails.
  private(set) var resumption = 2
  /// The pieces of an ICC profile in APP2, by their numbers, and how many there should be.
  private(set) var profile: (pieces: [Int: Range<Int>], count: Int) = ([:], 0)
  private var position = 0
  /// Where the header ends.
  private var firstScan: Int?
  /// The marker of the frame's header.
  private var process: UInt8 = 0
  /// Components whose scan has begun.
  private var scanned = 0
  /// Whether the picture is stored in several scans, so that decoding needs all of it in memory.
  var isInScans: Bool { process & 3 == 2 || scans > 1 }
  private var scans = 0

  /// How pieces of an ICC profile begin; their number and how many there are follow.
  static let profileName = Array("ICC_PROFILE".utf8) + [0]
  /// How other pictures begin.
  private let start: PictureStart

  init(_ start: PictureStart = PictureStart()) { self.start = start }

  /// The length of the picture when its EOI is among `bytes`, or nil when they end before it.
  ///
  /// - Parameter isAll: whether no more bytes will be added, so that what they would tell counts as damage.
  mutating func scan(_ bytes: Span<UInt8>, limits: ImageLimits, isAll: Bool) throws(ImageError) -> Int? {
    let end = try walk(bytes, limits, isAll) ?? (isAll ? openEnd(bytes, before: bytes.count) : nil)
    guard hasOpenEnd, let end, end < bytes.count else { return end }
    // What looked like a segment may reach across the end, and may have hidden an EOI: the picture's own bytes decide.
    self = JPEGScanner(start)
    return try scan(bytes.extracting(first: end), limits: limits, isAll: true)
  }

  private mutating func walk(_ bytes: Span<UInt8>, _ limits: ImageLimits, _ isAll: Bool) throws(ImageError) -> Int? {
    let unknown: Bool? = isAll ? false : nil
    if position == 0 {
      guard bytes.holds([0xFF, 0xD8, 0xFF]) else { throw .unrecognized }
      guard bytes.count >= 3 else { return nil }
      position = 2
    }
    while let (marker, end) = nextMarker(bytes) {
      switch marker {
      case 0xD8:
        if firstScan != nil {
          guard bytes.count > end else { return nil }
          guard bytes[end] == 0xFF else {
            position = end
            continue
          }
        }
        // Another picture begins inside this one.
        guard let end = openEnd(bytes, before: position) else { throw .truncated(.jpeg) }
        return end
      case 0xD9:
        guard size != nil, let firstScan else { throw .jpeg(reason: "has no image") }
        // Only what came before the end counts: a whole picture waits for nothing behind it.
        if holdsStart(bytes.extracting(first: end), before: firstScan) == true { throw .truncated(.jpeg) }
        return end
      default:
        guard bytes.count >= end + 2 else { return nil }
        let length = bigEndian16(bytes, at: end)
        if firstScan != nil || marker == 0xDA {
          guard let isSegment = isSegment(marker, bytes, at: end, length: length) ?? unknown else { return nil }
          if marker == 0xDA { firstScan = firstScan ?? position }
          guard isSegment else {
            position = end
            continue
          }
          if marker == 0xDA { (scanned, scans) = (scanned + Int(bytes[end + 2]), scans + 1) }
        }
        guard length >= 2 else { throw .jpeg(reason: "a marker segment has length \(length)") }
        if firstScan == nil, (0xE1...0xEF).contains(marker) {
          guard let isOther = holdsStart(bytes, before: position) ?? unknown else { return nil }
          if isOther { throw .truncated(.jpeg) }
          resumption = end + length
        }
        guard bytes.count >= end + length else { return nil }
        try read(marker, bytes.extracting((end + 2)..<(end + length)), at: end + 2, limits)
        position = end + length
      }
    }
    return nil
  }

  /// Where the picture ends in front of `limit` although there is no EOI; nil where it cannot be complete.
  ///
  /// Progressive and arithmetic data do not tell whether some are missing.
  private mutating func openEnd(_ bytes: Span<UInt8>, before limit: Int) -> Int? {
    guard let firstScan, process == 0xC0 || process == 0xC1, components > 0, scanned >= components else { return nil }
    hasOpenEnd = true
    let data = bytes.extracting(firstScan..<limit)
    let (offset, isCertain) = start.search(data)
    return firstScan + withoutHeaders(isCertain ? data.extracting(first: offset) : data)
  }

  /// The number of bytes in front of the headers of the next picture, which libjpeg would take for data: lines of text, or
  /// a chunk of AVI.
  private func withoutHeaders(_ data: Span<UInt8>) -> Int {
    var start = data.count
    while start > 0, data.count - start < 512, (0x20..<0x7F).contains(data[start - 1]) || isSpace(data[start - 1]) {
      start -= 1
    }
    if let boundary = (start..<max(start, data.count - 3)).first(where: { data.holds("\n--".utf8, at: $0) }) {
      return boundary
    }
    let chunk = data.count - 8
    let isChunk =
      chunk > 0 && (0..<2).allSatisfy { (0x30...0x39).contains(data[chunk + $0]) }
      && (data.holds("dc".utf8, at: chunk + 2) || data.holds("db".utf8, at: chunk + 2))
    return isChunk ? chunk : data.count
  }

  /// Whether another picture begins in the header, behind its last APP segment and in front of `end`: this one is cut there,
  /// or a wrong length has led on to the other. Nil where more bytes are needed.
  private func holdsStart(_ bytes: Span<UInt8>, before end: Int) -> Bool? {
    guard resumption < end else { return false }
    let (offset, isCertain) = PictureStart().search(
      bytes.extracting(droppingFirst: resumption), before: end - resumption)
    if isCertain { return true }
    return offset < end - resumption ? nil : false
  }

  /// Whether a marker in coded data begins a segment: a scan's header of a length that there is, or what ends at the next
  /// marker; nil where more bytes are needed.
  private func isSegment(_ marker: UInt8, _ bytes: Span<UInt8>, at start: Int, length: Int) -> Bool? {
    guard marker >= 0xC0, length >= 2 else { return false }
    if marker == 0xDA {
      guard bytes.count > start + 2 else { return nil }
      let components = Int(bytes[start + 2])
      guard (1...4).contains(components), length == 6 + 2 * components else { return false }
      guard bytes.count >= start + length else { return nil }
      return (start..<start + length).allSatisfy { bytes[$0] != 0xFF }
    }
    guard bytes.count > start + length + 1 else { return nil }
    return bytes[start + length] == 0xFF && bytes[start + length + 1] >= 0xC0
  }

  /// The next marker that is neither a restart nor a stuffed zero, and the index behind it.
  private mutating func nextMarker(_ bytes: Span<UInt8>) -> (marker: UInt8, end: Int)? {
    bytes.withUnsafeBufferPointer { bytes in
      while position < bytes.count {
        guard bytes[position] == 0xFF else {
          position += 1
          continue
        }
        var next = position + 1
        while next < bytes.count, bytes[next] == 0xFF { next += 1 }
        guard next < bytes.count else {
          position = next - 1
          return nil
        }
        switch bytes[next] {
        case 0x00, 0x01, 0xD0...0xD7: position = next + 1
        default:
          position = next - 1
          return (bytes[next], next + 1)
        }
      }
      return nil
    }
  }

  private mutating func read(
    _ marker: UInt8, _ segment: Span<UInt8>, at start: Int, _ limits: ImageLimits
  ) throws(ImageError) {
    switch marker {
    case 0xC4, 0xC8, 0xCC: break  // tables; the other C0...CF begin a frame
    case 0xC0...0xCF:
      guard segment.count >= 6 else { throw .jpeg(reason: "a frame header has length \(segment.count + 2)") }
      guard size == nil else { throw .jpeg(reason: "has two frame headers") }
      let (height, width) = (bigEndian16(segment, at: 1), bigEndian16(segment, at: 3))
      try limits.check(.jpeg, width: width, height: height)
      size = (width, height)
      process = marker
      components = Int(segment[5])
    case 0xE1:
      let exif = Array("Exif".utf8) + [0, 0]
      guard orientation == nil, segment.count >= exif.count, segment.holds(exif) else { break }
      orientation = exifOrientation(segment.withUnsafeBufferPointer { Array($0) }[exif.count...])
    case 0xE2 where segment.holds(Self.profileName) && segment.count > Self.profileName.count + 2:
      let number = Int(segment[Self.profileName.count])
      profile.count = Int(segment[Self.profileName.count + 1])
      profile.pieces[number] = start + Self.profileName.count + 2..<start + segment.count
    case 0xE2:
      let index = Array("MPF".utf8) + [0]
      guard others.isEmpty, segment.count >= index.count, segment.holds(index) else { break }
      let tiff = segment.withUnsafeBufferPointer { Array($0) }[index.count...]
      others = multiPictureIndex(tiff).map { ($0.offset + start + index.count, $0.length) }
    default: break
    }
  }
}
