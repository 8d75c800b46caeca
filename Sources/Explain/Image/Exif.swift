/// How a stored picture has to be turned to stand upright: the values 1 to 8 of EXIF tag 0x0112.
enum Orientation: Int {
  case up = 1
  case upMirrored, down, downMirrored, leftMirrored, right, rightMirrored, left
}

/// The orientation that an EXIF block (a TIFF file of its own) gives in its first directory; upright when it gives none.
///
/// TIFF 6.0: byte order, 42, offset of the directory; there a count and entries of 12 bytes: tag, type, count, value.
/// Camera files are often sloppy here, so whatever cannot be read counts as upright.
func exifOrientation(_ tiff: ArraySlice<UInt8>) -> Orientation {
  let bigEndian = tiff.starts(with: [0x4D, 0x4D, 0, 42])
  guard bigEndian || tiff.starts(with: [0x49, 0x49, 42, 0]) else { return .up }

  func number(at offset: Int, bytes: Int) -> Int? {
    guard offset >= 0, offset <= tiff.count - bytes else { return nil }
    let field = tiff[(tiff.startIndex + offset)...].prefix(bytes)
    return bigEndian
      ? field.reduce(0) { $0 << 8 | Int($1) } : field.reversed().reduce(0) { $0 << 8 | Int($1) }
  }

  guard let directory = number(at: 4, bytes: 4), let count = number(at: directory, bytes: 2) else { return .up }
  for entry in 0..<count {
    let offset = directory + 2 + 12 * entry
    guard let tag = number(at: offset, bytes: 2) else { return .up }
    guard tag == 0x0112 else { continue }
    let type = number(at: offset + 2, bytes: 2)
    return (type == 3 ? number(at: offset + 8, bytes: 2) : nil).flatMap(Orientation.init) ?? .up
  }
  return .up
}
