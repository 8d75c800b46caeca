import Kernels

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

  /// A saliency in a style.
  ///
  /// - Parameters:
  ///   - photo: is needed by styles that show it, and may be nil for the others.
  ///   - isFramed: whether overlays have a frame around what the network saw.
  /// - Precondition: the style is none of several pictures; a photograph has the saliency's size.
  public func draw(
    _ saliency: some SaliencyRows, as style: RenderStyle, on photo: consuming Image?, isFramed: Bool
  ) -> Picture {
    guard let ground = photo.take() else {
      return style == .mask ? mask(saliency) : .color(heatmap(saliency))
    }
    switch style {
    case .masked: return .color(masked(ground, saliency))
    case .mask: return mask(saliency)
    case .heatmap: return .color(heatmap(saliency))
    case .overlay, .panel: return .color(overlay(ground, saliency, isFramed: isFramed))
    }
  }

  /// The colours of the heat alone.
  public func heatmap(_ saliency: some SaliencyRows) -> Image {
    let cold = Ink(colors[0], colors[1], colors[2])
    let image = Image(width: saliency.width, height: saliency.height, filledWith: cold)
    return blend(image, saliency) { _ in 256 }
  }

  /// The photograph with the heat on top. A photograph that is needed nowhere else is drawn upon in place.
  ///
  /// - Parameter isFramed: whether there is a frame around what the network saw.
  /// - Precondition: both have the same size.
  public func overlay(_ photo: consuming Image, _ saliency: some SaliencyRows, isFramed: Bool = false) -> Image {
    var drawn = blend(photo, saliency) { level in Int(256 * alpha * Self.presence(Double(level) / 255) + 0.5) }
    if isFramed { drawn.frame(saliency.seen) }
    return drawn
  }

  /// The photograph times the saliency. A photograph that is needed nowhere else is drawn upon in place.
  ///
  /// - Precondition: both have the same size.
  public func masked(_ photo: consuming Image, _ saliency: some SaliencyRows) -> Image {
    photo.blacken(outside: saliency.seen)
    return multiply(photo, saliency)
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

  /// Lays the colours over every pixel that the network saw.
  ///
  /// - Parameter opacity: of a level of saliency, in steps of 1/256.
  private func blend(
    _ photo: consuming Image, _ saliency: some SaliencyRows, opacity: (_ level: Int) -> Int
  ) -> Image {
    let blends = curve.levels(of: saliency).map { level in
      let (level, opacity) = (Int(level), opacity(Int(level)))
      func added(_ channel: Int) -> UInt16 { UInt16(Int(colors[3 * level + channel]) * opacity + 128) }
      return PixelBlend(added: (added(0), added(1), added(2)), kept: UInt16(256 - opacity))
    }
    return withSeenRows(photo, saliency) { pixels, levels, count in
      KernelTable.pictures.blend(levels, by: blends, pixels: pixels, count: count)
    }
  }

  /// Multiplies every pixel that the network saw by its saliency.
  private func multiply(_ photo: consuming Image, _ saliency: some SaliencyRows) -> Image {
    let shown = curve.levels(of: saliency).map(Int.init)
    return withSeenRows(photo, saliency) { pixels, levels, count in
      for pixel in 0..<count {
        let level = shown[Int(levels[pixel])]
        for sample in 3 * pixel..<3 * pixel + 3 {
          pixels[sample] = UInt8(truncatingIfNeeded: (Int(pixels[sample]) * level + 127) / 255)
        }
      }
    }
  }

  /// Calls `body` with the pixels, the levels of saliency and the number of both, for every row of what the network saw.
  private func withSeenRows(
    _ photo: consuming Image, _ saliency: some SaliencyRows,
    _ body: (_ pixels: UnsafeMutablePointer<UInt8>, _ levels: UnsafePointer<UInt8>, _ count: Int) -> Void
  ) -> Image {
    precondition(photo.width == saliency.width && photo.height == saliency.height)
    let width = photo.width
    photo.pixels.withUnsafeMutableBufferPointer { pixels in
      saliency.forEachRowOfLevels { y, levels in
        guard let pixels = pixels.baseAddress, let base = levels.baseAddress else { return }
        body(pixels + 3 * (y * width + saliency.seen.columns.lowerBound), base, levels.count)
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
