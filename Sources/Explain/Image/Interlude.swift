/// Tells what stands between two pictures of a stream: padding, the headers of what carries them, or garbage.
struct Interlude {
  enum Finding: Equatable {
    case picture(ImageFormat)
    /// So many bytes, some of which may be still to come, are skipped; `amount` is what they add to the count of a kind.
    case filler(StreamFiller, bytes: Int, amount: Int)
    /// The bytes end before it is certain.
    case unknown
    case garbage
  }

  /// Behind a JPEG more may follow than behind others: end markers, fill bytes and films.
  private(set) var isBehindJPEG = false
  private var isInHeaders = false
  /// Whether the stream has been an AVI so far.
  private(set) var isAVI = false
  private(set) var isInFilm = false
  /// Bytes that Samsung's trailer may still take; nil outside one.
  private var trailer: Int?
  /// What the chunk that the picture begins holds; nil outside AVI.
  private var chunkLength: Int?

  /// Longer lines are no headers.
  private static let longestLine = 1024
  /// Samsung's trailers of some hundred bytes, films not counted.
  private static let longestTrailer = 1 << 20

  /// Starts behind a picture.
  ///
  /// - Returns: how many more bytes belong to the picture's chunk.
  mutating func begin(behind format: ImageFormat, length: Int) -> Int {
    isBehindJPEG = format == .jpeg
    (isInHeaders, isInFilm, trailer) = (false, false, nil)
    let rest = chunkLength.map { $0 + $0 & 1 - length } ?? 0
    chunkLength = nil
    // A chunk's length is as easily damaged as anything else.
    return (0..<1 << 16).contains(rest) ? rest : 0
  }

  /// Starts in front of a file of boxes that is no picture's film: its boxes are skipped whole, and pictures in them with them.
  ///
  /// - Returns: false where the bytes begin with no such box.
  mutating func beginBoxes(_ bytes: Span<UInt8>) -> Bool {
    guard Self.boxes.prefix(Self.firstBoxes).contains(where: { bytes.holds($0.utf8, at: 4) }) else { return false }
    (isBehindJPEG, isInFilm) = (true, true)
    return true
  }

  /// What `bytes`, of which there is at least one, begin with.
  ///
  /// - Parameter isAll: whether none follow.
  mutating func next(_ bytes: Span<UInt8>, isAll: Bool) -> Finding {
    let first = bytes[0]
    if trailer != nil { return inTrailer(bytes, isAll) }
    if isBehindJPEG, first != 0xFF, first != 0x89, first != UInt8(ascii: "P"), let film = film(bytes, isAll) {
      return film
    }
    if isSpace(first) || first == 0 { return padding(bytes) }
    if first == 0xFF, isBehindJPEG {
      guard bytes.count > 1 else { return isAll ? .filler(.padding, bytes: 1, amount: 1) : .unknown }
      if bytes[1] == 0xFF { return .filler(.padding, bytes: 1, amount: 1) }
      if bytes[1] == 0xD9 { return .filler(.endMarkers, bytes: 2, amount: 1) }
    }
    if let format = ImageFormat(firstByte: first) { return .picture(format) }
    return chunk(bytes, isAll) ?? headerLine(bytes, isAll) ?? .garbage
  }

  private func padding(_ bytes: Span<UInt8>) -> Finding {
    var count = 1
    // A newline may be the number in the header of Samsung's trailer.
    while count < bytes.count, isSpace(bytes[count]) || bytes[count] == 0, bytes[count] != 0x0A { count += 1 }
    // A box or trailer may begin with padding, of which its first eight bytes never consist: a length of 32 is zeros and a space.
    count = max(1, count - 7)
    return .filler(.padding, bytes: count, amount: count)
  }

  // MARK: HTTP

  /// A line that begins with `--` or `HTTP/`, and behind such a line, or on its own as `Content-...`, a name and a colon.
  private mutating func headerLine(_ bytes: Span<UInt8>, _ isAll: Bool) -> Finding? {
    let isBoundary = bytes.holds("--".utf8) || bytes.holds("HTTP/".utf8)
    let isContent = bytes.holds("content-".utf8, ignoringCase: true)
    guard isBoundary || isContent || isInHeaders else { return nil }
    var (end, hasColon) = (0, false)
    while end < min(bytes.count, Self.longestLine), bytes[end] != UInt8(ascii: "\n") {
      let byte = bytes[end]
      if byte == UInt8(ascii: ":") { hasColon = true }
      let isName = isAlphanumeric(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
      let isValue = (0x20..<0x7F).contains(byte) || byte == 9 || byte == 13
      guard isBoundary || hasColon ? isValue : isName else { return nil }
      end += 1
    }
    guard end < bytes.count else {
      return !isAll ? .unknown : end > 2 ? .filler(.headerLines, bytes: end, amount: 1) : nil
    }
    guard end > 2, end < Self.longestLine, isBoundary || hasColon else { return nil }
    isInHeaders = true
    return .filler(.headerLines, bytes: end + 1, amount: 1)
  }

  // MARK: AVI

  /// A chunk of RIFF: its kind, its length in four bytes, the least one first, and its contents, padded to an even length.
  /// What may hold pictures is entered; the others are skipped whole.
  private mutating func chunk(_ bytes: Span<UInt8>, _ isAll: Bool) -> Finding? {
    let isFrame =
      isDigit(bytes, 0) && isDigit(bytes, 1) && (bytes.holds("dc".utf8, at: 2) || bytes.holds("db".utf8, at: 2))
    let isList = bytes.holds("RIFF".utf8) || (isAVI && bytes.holds("LIST".utf8))
    // A stream may begin in the middle of a film.
    let isSound = isDigit(bytes, 0) && isDigit(bytes, 1) && bytes.holds("wb".utf8, at: 2)
    let isOther = isSound || (isAVI && isLeaf(bytes))
    guard isFrame || isList || isOther else { return nil }
    guard bytes.count >= (isList ? 12 : 8) else {
      if isAll { return isAVI ? .filler(.chunks, bytes: bytes.count, amount: 0) : nil }
      return .unknown
    }
    let length = (0..<4).reduce(0) { $0 | Int(bytes[4 + $1]) << (8 * $1) }
    if isList {
      if bytes.holds("RIFF".utf8) {
        guard bytes.holds("AVI".utf8, at: 8) else { return nil }
        isAVI = true
        return .filler(.chunks, bytes: 12, amount: 1)
      }
      if bytes.holds("movi".utf8, at: 8) || bytes.holds("rec ".utf8, at: 8) {
        return .filler(.chunks, bytes: 12, amount: 1)
      }
    }
    if isFrame {
      isAVI = true
      chunkLength = length
      return .filler(.chunks, bytes: 8, amount: 1)
    }
    return .filler(.chunks, bytes: 8 + length + length & 1, amount: 1)
  }

  /// Whether a chunk of AVI that holds no pictures may begin here.
  private func isLeaf(_ bytes: Span<UInt8>) -> Bool {
    if ["JUNK", "idx1", "indx"].contains(where: { bytes.holds($0.utf8) }) { return true }
    if bytes.holds("ix".utf8) { return isDigit(bytes, 2) && isDigit(bytes, 3) }
    return isDigit(bytes, 0) && isDigit(bytes, 1)
      && (2..<4).allSatisfy { $0 >= bytes.count || (0x61...0x7A).contains(bytes[$0]) }
  }

  // MARK: motion photographs

  /// A film begins with one of so many of `boxes`.
  private static let firstBoxes = 4
  /// The boxes that a film may have outside of others.
  private static let boxes = [
    "ftyp", "moov", "mdat", "wide", "free", "skip", "moof", "mfra", "sidx", "styp", "uuid", "meta", "pdin", "udta",
  ]

  /// A film behind a photograph, box by box (ISO 14496-12: length, kind, contents), also in Samsung's trailer; nil where
  /// there is none.
  private mutating func film(_ bytes: Span<UInt8>, _ isAll: Bool) -> Finding? {
    guard bytes.count >= 8 else { return isAll ? nil : .unknown }
    if Self.boxes.prefix(isInFilm ? Self.boxes.count : Self.firstBoxes).contains(where: { bytes.holds($0.utf8, at: 4) })
    {
      var length = bigEndian32(bytes, at: 0)
      if length == 1 {
        guard bytes.count >= 16 else { return isAll ? .filler(.films, bytes: bytes.count, amount: 0) : .unknown }
        length = min(bigEndian32(bytes, at: 8), 1 << 20) << 32 | bigEndian32(bytes, at: 12)
      }
      // Without a length the box is the last of all.
      if length == 0 { length = 1 << 60 }
      guard length >= 8 else { return nil }
      defer { isInFilm = true }
      return .filler(.films, bytes: length, amount: isInFilm ? 0 : 1)
    }
    return trailerHeader(bytes, isAll)
  }

  /// Samsung's trailer: two zeros, a number, the length of a name, the name, and what it names.
  private mutating func trailerHeader(_ bytes: Span<UInt8>, _ isAll: Bool) -> Finding? {
    if bytes.holds("SEFH".utf8) {
      trailer = Self.longestTrailer
      return .filler(.films, bytes: 4, amount: 0)
    }
    let length = Int(bytes[4])
    guard bytes[0] == 0, bytes[1] == 0, bytes[3] == 0x0A, (8...40).contains(length), bytes[5] == 0, bytes[6] == 0,
      bytes[7] == 0
    else { return nil }
    guard bytes.count >= 8 + length + 8 else { return isAll ? nil : .unknown }
    guard (8..<8 + length).allSatisfy({ isAlphanumeric(bytes[$0]) || bytes[$0] == UInt8(ascii: "_") }) else {
      return nil
    }
    if !bytes.holds("ftyp".utf8, at: 8 + length + 4) { trailer = Self.longestTrailer }
    return .filler(.films, bytes: 8 + length, amount: 0)
  }

  /// Skips to the trailer's end, `SEFT`.
  private mutating func inTrailer(_ bytes: Span<UInt8>, _ isAll: Bool) -> Finding {
    let end = Array("SEFT".utf8)
    var index = 0
    while index + 4 <= bytes.count {
      if bytes[index] == end[0], bytes.holds(end, at: index) {
        trailer = nil
        return .filler(.films, bytes: index + 4, amount: 0)
      }
      index += 1
    }
    if isAll { return .filler(.films, bytes: bytes.count, amount: 0) }
    guard index > 0 else { return .unknown }
    trailer = trailer.flatMap { $0 > index ? $0 - index : nil }
    return .filler(.films, bytes: index, amount: 0)
  }

  /// Whether there is a digit, as far as the bytes go.
  private func isDigit(_ bytes: Span<UInt8>, _ index: Int) -> Bool {
    index >= bytes.count || (0x30...0x39).contains(bytes[index])
  }
}

private func isAlphanumeric(_ byte: UInt8) -> Bool {
  (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
}
