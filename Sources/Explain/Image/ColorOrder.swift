/// How a network reads the colours of a pixel.
public enum ColorOrder: String, Sendable, Codable, CaseIterable {
  case rgb
  /// Blue first, as OpenCV and Caffe have it.
  case bgr
  /// One channel, the luma of ITU-R 601.
  case gray

  /// Where the network's channels stand in pixels and statistics: red, green and blue, or grey alone.
  public var channels: [Int] {
    switch self {
    case .rgb: [0, 1, 2]
    case .bgr: [2, 1, 0]
    case .gray: [0]
    }
  }
}

extension Image {
  /// This picture without colour, as Pillow converts it to `L`.
  var gray: Image {
    var result = self
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      for red in stride(from: 0, to: pixels.count, by: 3) {
        let luma = Int(pixels[red]) * 19595 + Int(pixels[red + 1]) * 38470 + Int(pixels[red + 2]) * 7471
        let level = UInt8((luma + 0x8000) >> 16)
        (pixels[red], pixels[red + 1], pixels[red + 2]) = (level, level, level)
      }
    }
    return result
  }
}
