import Explain

/// Pictures for the program.
enum Photos {
  static func path(_ name: String) -> String { Command.package + "/Tests/Fixtures/photos/" + name }

  static let cat = path("cat.jpg")
  static let espresso = path("espresso.jpg")

  /// The bytes of a bundled photograph.
  static func jpeg(_ name: String) throws -> [UInt8] { try Command.bytes(of: path(name)) }

  /// A small photograph, for tests that only look at what happens to it.
  static func small(width: Int = 90, height: Int = 60) throws -> Image {
    try Image(decoding: jpeg("cat.jpg")).resized(width: width, height: height, .bilinear)
  }

  /// A picture as a PPM file.
  static func ppm(_ image: Image) -> [UInt8] {
    Array("P6\n\(image.width) \(image.height)\n255\n".utf8) + image.pixels
  }

  /// The pictures that a stream of PNGs holds.
  ///
  /// - Parameter cut: whether the stream may end in the midst of one.
  static func split(_ bytes: [UInt8], cut: Bool = false) throws -> [Image] {
    var rest = bytes[...]
    var reader = ImageStreamReader { buffer in
      let count = min(buffer.count, rest.count)
      buffer.copyBytes(from: rest.prefix(count))
      rest = rest.dropFirst(count)
      return count
    }
    var images: [Image] = []
    while let png = try next(&reader, cut: cut) {
      guard ImageFormat.isPNG(png) else { throw ImageError.unrecognized }
      images.append(try Image(decoding: png))
    }
    return images
  }

  private static func next(_ reader: inout ImageStreamReader, cut: Bool) throws -> [UInt8]? {
    do { return try reader.next() } catch ImageError.truncated where cut { return nil }
  }
}

extension ImageFormat {
  fileprivate static func isPNG(_ bytes: [UInt8]) -> Bool {
    bytes.withUnsafeBytes { detect($0) } == .png
  }
}
