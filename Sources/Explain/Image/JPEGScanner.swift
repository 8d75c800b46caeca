/// Walks the markers of a JPEG from SOI to EOI, as far as the bytes go; more bytes may be added between calls.
///
/// Thumbnails inside APP segments are skipped with their segment, restart markers and stuffed zeros with the coded data.
/// Bytes between segments that belong to none are skipped too, as libjpeg does.
struct JPEGScanner {
  private(set) var size: (width: Int, height: Int)?
  private(set) var components = 0
  private(set) var orientation: Orientation?
  private var hasScan = false
  private var position = 0

  /// The length of the picture when its EOI is among `bytes`, or nil when they end before it.
  mutating func scan(_ bytes: [UInt8], limits: ImageLimits) throws(ImageError) -> Int? {
    if position == 0 {
      guard bytes.count >= 2 else { return nil }
      guard bytes[0] == 0xFF, bytes[1] == 0xD8 else { throw .unrecognized }
      position = 2
    }
    while let (marker, end) = nextMarker(bytes) {
      switch marker {
      case 0xD8: throw .truncated(.jpeg)  // another picture begins inside this one
      case 0xD9:
        guard size != nil, hasScan else { throw .jpeg(reason: "holds no picture") }
        return end
      default:
        guard bytes.count >= end + 2 else { return nil }
        let length = bigEndian16(bytes, at: end)
        guard length >= 2 else { throw .jpeg(reason: "a marker segment has length \(length)") }
        guard bytes.count >= end + length else { return nil }
        try read(marker, bytes[(end + 2)..<(end + length)], limits)
        position = end + length
      }
    }
    return nil
  }

  /// The next marker that is neither a restart nor a stuffed zero, and the index behind it.
  private mutating func nextMarker(_ bytes: [UInt8]) -> (marker: UInt8, end: Int)? {
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
    _ marker: UInt8, _ segment: ArraySlice<UInt8>, _ limits: ImageLimits
  ) throws(ImageError) {
    switch marker {
    case 0xC4, 0xC8, 0xCC: break  // tables; the other C0...CF begin a frame
    case 0xC0...0xCF:
      guard segment.count >= 6 else { throw .jpeg(reason: "a frame header has length \(segment.count + 2)") }
      guard size == nil else { throw .jpeg(reason: "has two frame headers") }
      let frame = Array(segment.prefix(6))
      let (height, width) = (bigEndian16(frame, at: 1), bigEndian16(frame, at: 3))
      try limits.check(.jpeg, width: width, height: height)
      size = (width, height)
      components = Int(frame[5])
    case 0xDA: hasScan = true
    case 0xE1:
      guard orientation == nil, segment.starts(with: Array("Exif".utf8) + [0, 0]) else { break }
      orientation = exifOrientation(segment.dropFirst(6))
    default: break
    }
  }
}
