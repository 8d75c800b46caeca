/// Draws saliency as a picture.
public struct Renderer: Sendable {
  /// Colours of the 256 levels of saliency, `[256, 3]`.
  private let colors: [UInt8]
  /// How opaque the hottest pixel of an overlay is, 0...1.
  private let alpha: Double

  /// - Precondition: `alpha` is in 0...1.
  public init(colorMap: ColorMap = .turbo, alpha: Double = 0.5) {
    precondition((0...1).contains(alpha))
    colors = colorMap.table
    self.alpha = alpha
  }

  /// The colours of the heat alone.
  public func heatmap(_ saliency: SaliencyMap) -> Image {
    let levels = saliency.levels
    var pixels: [UInt8] = []
    pixels.reserveCapacity(3 * levels.count)
    for level in levels {
      let entry = 3 * Int(level)
      pixels.append(colors[entry])
      pixels.append(colors[entry + 1])
      pixels.append(colors[entry + 2])
    }
    return Image(width: saliency.width, height: saliency.height, pixels: pixels)
  }

  /// The photograph with the heat on top.
  ///
  /// - Precondition: both have the same size.
  public func overlay(_ photo: Image, _ saliency: SaliencyMap) -> Image {
    let opacity = (0...255).map { Int(256 * alpha * Self.presence(Double($0) / 255) + 0.5) }
    return combine(photo, saliency) { sample, level, channel in
      let color = Int(colors[3 * level + channel])
      return (sample * (256 - opacity[level]) + color * opacity[level] + 128) >> 8
    }
  }

  /// The photograph times the saliency.
  ///
  /// - Precondition: both have the same size.
  public func masked(_ photo: Image, _ saliency: SaliencyMap) -> Image {
    combine(photo, saliency) { sample, level, _ in (sample * level + 127) / 255 }
  }

  /// The saliency itself.
  public func mask(_ saliency: SaliencyMap) -> Picture {
    .gray(width: saliency.width, height: saliency.height, samples: saliency.levels)
  }

  /// How much of `alpha` a saliency gets: heat fades in, so that a cold photograph keeps its colours.
  private static func presence(_ saliency: Double) -> Double {
    let x = min(saliency / 0.5, 1)
    return x * x * (3 - 2 * x)
  }

  /// Computes every sample (0...255) of a picture from the photograph's, the level of saliency and the channel.
  @inline(__always)
  private func combine(
    _ photo: Image, _ saliency: SaliencyMap, _ sample: (_ sample: Int, _ level: Int, _ channel: Int) -> Int
  ) -> Image {
    precondition(photo.width == saliency.width && photo.height == saliency.height)
    var result = photo
    let levels = saliency.levels
    result.pixels.withUnsafeMutableBufferPointer { pixels in
      levels.withUnsafeBufferPointer { levels in
        for (pixel, level) in levels.enumerated() {
          for i in (3 * pixel)..<(3 * pixel + 3) {
            pixels[i] = UInt8(truncatingIfNeeded: sample(Int(pixels[i]), Int(level), i - 3 * pixel))
          }
        }
      }
    }
    return result
  }
}
