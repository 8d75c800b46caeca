/// How saliency becomes colour.
public enum ColorMap: String, Sendable, CaseIterable {
  case turbo, jet, viridis, inferno, gray

  /// The colour of a saliency in 0...1, each channel 0...255.
  public func color(_ saliency: Double) -> (red: Double, green: Double, blue: Double) {
    let s = min(max(saliency, 0), 1)
    return switch self {
    case .turbo: interpolate(turboAnchors, s)
    case .viridis: interpolate(viridisAnchors, s)
    case .inferno: interpolate(infernoAnchors, s)
    case .jet: (jetRamp(s, peak: 0.75), jetRamp(s, peak: 0.5), jetRamp(s, peak: 0.25))
    case .gray: (255 * s, 255 * s, 255 * s)
    }
  }

  /// The colours of the 256 levels, `[256, 3]`.
  public var table: [UInt8] {
    (0...255).flatMap { level in
      let (red, green, blue) = color(Double(level) / 255)
      return [UInt8(red + 0.5), UInt8(green + 0.5), UInt8(blue + 0.5)]
    }
  }
}

/// A trapezoid: full within 1/8 of `peak`, falling to nothing within a further 1/4.
private func jetRamp(_ s: Double, peak: Double) -> Double {
  255 * min(max(1.5 - 4 * abs(s - peak), 0), 1)
}

/// The colour between two of the evenly spaced anchors, written 0xRRGGBB.
private func interpolate(_ anchors: [UInt32], _ s: Double) -> (red: Double, green: Double, blue: Double) {
  let position = s * Double(anchors.count - 1)
  let lower = min(Int(position), anchors.count - 2)
  let weight = position - Double(lower)
  func channel(_ shift: UInt32) -> Double {
    let a = Double(anchors[lower] >> shift & 0xFF)
    let b = Double(anchors[lower + 1] >> shift & 0xFF)
    return a + weight * (b - a)
  }
  return (channel(16), channel(8), channel(0))
}
