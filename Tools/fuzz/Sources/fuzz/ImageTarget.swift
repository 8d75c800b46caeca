@testable import Explain

/// Pictures of one format: an error of one line, or a picture that a stream of the same bytes begins with.
struct ImageTarget: FuzzTarget {
  let format: ImageFormat

  /// Small enough that an input takes milliseconds.
  static let limits = ImageLimits(pixels: 1 << 18, side: 4096)

  func run(_ bytes: [UInt8]) -> Bool {
    guard bytes.withUnsafeBytes(ImageFormat.detect) == format else { return false }
    let image: Image
    do { image = try Image(decoding: bytes, limits: Self.limits) } catch {
      requireText(error)
      return true
    }
    require(image.width * image.height <= Self.limits.pixels, "a picture keeps to the limits")
    require(image.pixels.count == 3 * image.width * image.height, "a picture has as many pixels as it says")
    var reader = ImageStreamReader(bytes, chunk: bytes.count, limits: Self.limits)
    guard let framed = try? reader.next(), let again = try? Image(decoding: framed, limits: Self.limits) else {
      fatalError("broken promise: a picture is the same in a stream")
    }
    require(again == image, "a picture is the same in a stream, and each time that it is decoded")
    return true
  }
}

/// PNG with its checksums made right again, most of the time.
struct PNGTarget: FuzzTarget {
  private let images = ImageTarget(format: .png)

  func run(_ bytes: [UInt8]) -> Bool { images.run(bytes) }

  func mutate(_ bytes: [UInt8], capacity: Int, seed: UInt32) -> [UInt8] {
    var bytes = mutated(bytes, capacity: capacity)
    if seed % 8 == 0 { return bytes }
    var position = 8
    while position + 12 <= bytes.count {
      let end = position + 8 + bigEndian32(bytes.span, at: position)
      guard end + 4 <= bytes.count else { break }
      let checksum = crc32(bytes[(position + 4)..<end])
      withUnsafeBytes(of: checksum.bigEndian) { bytes.replaceSubrange(end..<end + 4, with: $0) }
      position = end + 4
    }
    return bytes
  }

  /// The checksum of PNG and zlib, bit by bit.
  private func crc32(_ bytes: ArraySlice<UInt8>) -> UInt32 {
    var remainder = UInt32.max
    for byte in bytes {
      remainder ^= UInt32(byte)
      for _ in 0..<8 { remainder = remainder >> 1 ^ (remainder & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~remainder
  }
}
