/// Draws saliency as a picture.
public struct Renderer: Sendable {
  /// Colours of the 256 levels of saliency, `[256, 3]`.
  private let colors: [UInt8]
  /// How opaque the hottest pixel of an overlay is, 0...1.
  private let alpha: Double
  private let curve: DisplayCurve

  /// - Precondition: `alpha` is in 0...1.
  public init(colorMap: ColorMap = .turbo, alpha: Double = 0.5, curve: DisplayCurve = .linear) {
    precondition((0...1).contains(alpha))
    colors = colorMap.table
    (self.alpha, self.curve) = (alpha, curve)
  }

  /// The colours of the heat alone.
  public func heatmap(_ saliency: some SaliencyRows) -> Image {
    let cold = Ink(colors[0], colors[1], colors[2])
    let image = Image(width: saliency.width, height: saliency.height, filledWith: cold)
    return combine(image, saliency) { _, level, channel in Int(colors[3 * level + channel]) }
  }

  /// The photograph with the heat on top. A photograph that is needed nowhere else is drawn upon in place.
  ///
  /// - Precondition: both have the same size.
  public func overlay(_ photo: consuming Image, _ saliency: some SaliencyRows) -> Image {
    let opacity = (0...255).map { Int(256 * alpha * Self.presence(Double($0) / 255) + 0.5) }
    return combine(photo, saliency) { sample, level, channel in
      let color = Int(colors[3 * level + channel])
      return (sample * (256 - opacity[level]) + color * opacity[level] + 128) >> 8
    }
  }

  /// The photograph times the saliency. A photograph that is needed nowhere else is drawn upon in place.
  ///
  /// - Precondition: both have the same size.
  public func masked(_ photo: consuming Image, _ saliency: some SaliencyRows) -> Image {
    photo.blacken(outside: saliency.seen)
    return combine(photo, saliency) { sample, level, _ in (sample * level + 127) / 255 }
  }

  /// The saliency itself.
  public func mask(_ saliency: some SaliencyRows) -> Picture {
    let shown = curve.levels(of: saliency)
    var samples = saliency.levels
    if curve != .linear { for i in samples.indices { samples[i] = shown[Int(samples[i])] } }
    return .gray(width: saliency.width, height: saliency.height, samples: samples)
  }

  /// How much of `alpha` a saliency gets: heat fades in, so that a cold photograph keeps its colours.
  private static func presence(_ saliency: Double) -> Double {
    let x = min(saliency / 0.5, 1)
    return x * x * (3 - 2 * x)
  }

  /// Computes every sample (0...255) that the network saw from the photograph's, the level of saliency and the channel.
  @inline(__always)
  private func combine(
    _ photo: consuming Image, _ saliency: some SaliencyRows,
    _ sample: (_ sample: Int, _ level: Int, _ channel: Int) -> Int
  ) -> Image {
    precondition(photo.width == saliency.width && photo.height == saliency.height)
    let (width, shown) = (photo.width, curve.levels(of: saliency))
    photo.pixels.withUnsafeMutableBufferPointer { pixels in
      saliency.forEachRowOfLevels { y, levels in
        var i = 3 * (y * width + saliency.seen.columns.lowerBound)
        for level in levels {
          let level = Int(shown[Int(level)])
          for channel in 0..<3 {
            pixels[i] = UInt8(truncatingIfNeeded: sample(Int(pixels[i]), level, channel))
            i += 1
          }
        }
      }
    }
    return photo
  }
}

extension Image {
  /// Makes everything black but an area.
  fileprivate mutating func blacken(outside area: PixelArea) {
    for y in 0..<height {
      let row = y * width
      let parts =
        area.rows.contains(y)
        ? [row..<row + area.columns.lowerBound, row + area.columns.upperBound..<row + width] : [row..<row + width]
      for part in parts {
        for sample in 3 * part.lowerBound..<3 * part.upperBound { pixels[sample] = 0 }
      }
    }
  }
}
