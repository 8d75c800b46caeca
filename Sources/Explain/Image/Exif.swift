/// How a stored picture has to be turned to stand upright: the values 1 to 8 of EXIF tag 0x0112.
enum Orientation: Int {
  case up = 1
  case upMirrored, down, downMirrored, leftMirrored, right, rightMirrored, left
}

/// The orientation that an EXIF block (a TIFF file of its own) gives in its first directory; upright when it gives none.
///
/// Camera files are often sloppy here, so whatever cannot be read counts as upright.
func exifOrientation(_ tiff: ArraySlice<UInt8>) -> Orientation {
  guard let directory = TIFFDirectory(tiff), let entry = directory.entry(0x0112), entry.type == 3 else { return .up }
  return directory.number(at: entry.value, bytes: 2).flatMap(Orientation.init) ?? .up
}

/// Where the pictures behind the first one lie, as a JPEG's MPF index says (CIPA DC-007): bytes from the index itself, and
/// their number.
func multiPictureIndex(_ tiff: ArraySlice<UInt8>) -> [(offset: Int, length: Int)] {
  guard let directory = TIFFDirectory(tiff), let list = directory.entry(0xB002), list.type == 7,
    let start = directory.number(at: list.value, bytes: 4)
  else { return [] }
  var pictures: [(offset: Int, length: Int)] = []
  // Entries of 16 bytes: attributes, length, offset, and two numbers of others; the first is the picture itself.
  for entry in 1..<max(1, min(list.count / 16, 64)) {
    guard let length = directory.number(at: start + 16 * entry + 4, bytes: 4),
      let offset = directory.number(at: start + 16 * entry + 8, bytes: 4)
    else { break }
    if length > 0 { pictures.append((offset, length)) }
  }
  return pictures
}

/// The first directory of a TIFF file.
///
/// TIFF 6.0: byte order, 42, offset of the directory; there a count and entries of 12 bytes: tag, type, count, value.
private struct TIFFDirectory {
  private let tiff: ArraySlice<UInt8>
  private let isBigEndian: Bool
  private var start = 0
  private var count = 0

  init?(_ tiff: ArraySlice<UInt8>) {
    self.tiff = tiff
    isBigEndian = tiff.starts(with: [0x4D, 0x4D, 0, 42])
    guard isBigEndian || tiff.starts(with: [0x49, 0x49, 42, 0]) else { return nil }
    guard let start = number(at: 4, bytes: 4), let count = number(at: start, bytes: 2) else { return nil }
    (self.start, self.count) = (start, count)
  }

  func number(at offset: Int, bytes: Int) -> Int? {
    guard offset >= 0, offset <= tiff.count - bytes else { return nil }
    let field = tiff[(tiff.startIndex + offset)...].prefix(bytes)
    return isBigEndian
      ? field.reduce(0) { $0 << 8 | Int($1) } : field.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  /// The first entry of a tag: its type, its count, and where its value or the offset of its values is.
  func entry(_ tag: Int) -> (type: Int, count: Int, value: Int)? {
    for index in 0..<count {
      let offset = start + 2 + 12 * index
      guard let found = number(at: offset, bytes: 2) else { return nil }
      guard found == tag else { continue }
      guard let type = number(at: offset + 2, bytes: 2), let count = number(at: offset + 4, bytes: 4) else {
        return nil
      }
      return (type, count, offset + 8)
    }
    return nil
  }
}
