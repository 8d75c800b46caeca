/// One output channel's int8 codes: `weight = scale * code`.
package struct QuantizedRow {
  /// Finite and positive.
  package var scale: Float
  /// Sum of squared differences between the weights and what the codes stand for.
  package var squaredError: Double
  /// Sum of squared weights.
  package var squaredNorm: Double
}

/// Symmetric int8 quantization of one row with the scale that minimises the squared error.
///
/// Clipping a few outliers buys a finer step for all others, so the search starts at the scale that clips nothing and
/// tightens it. The best candidate is then refined: for given codes the best scale is `sum(w q) / sum(q q)`, for a
/// given scale the best codes are the nearest ones, and neither step can raise the error.
package enum Quantizer {
  /// Largest code. The range is symmetric: -128 is never used.
  package static let limit: Float = 127
  /// Rows below this are all zero for every purpose, and their scale would be subnormal.
  private static let negligible: Float = 1e-34
  /// The tightest scale tried, as a share of the one that clips nothing.
  private static let tightest: Float = 0.3
  private static let refinements = 8

  /// Quantizes `count` finite weights.
  package static func quantize(
    _ row: UnsafePointer<Float>, count: Int, into codes: UnsafeMutablePointer<Int8>
  ) -> QuantizedRow {
    let norm = squaredNorm(row, count)
    let largest = largestMagnitude(row, count)
    guard largest > negligible else {
      codes.update(repeating: 0, count: count)
      return QuantizedRow(scale: 1, squaredError: norm, squaredNorm: norm)
    }
    let scale = bestScale(row, count, widest: largest / limit)
    let error = encode(row, count, scale: scale, into: codes)
    return QuantizedRow(scale: scale, squaredError: error, squaredNorm: norm)
  }

  private static func bestScale(_ row: UnsafePointer<Float>, _ count: Int, widest: Float) -> Float {
    var best = ScaleFit(row, count, scale: widest)
    // The error of a short row is a rugged function of the scale, that of a long one almost smooth.
    let steps: Float = count < 128 ? 140 : 24
    let step = widest * (1 - tightest) / steps
    for candidate in stride(from: 1, to: steps, by: 1) {
      let fit = ScaleFit(row, count, scale: widest - candidate * step)
      if fit.error < best.error { best = fit }
      // The error of clipping only grows from here on.
      if fit.error > 4 * best.error { break }
    }
    let coarse = best.scale
    for candidate in stride(from: -0.9 as Float, through: 0.9, by: 0.1) {
      let fit = ScaleFit(row, count, scale: coarse + candidate * step)
      if fit.error < best.error { best = fit }
    }
    for _ in 0..<refinements {
      let fit = ScaleFit(row, count, scale: best.refinedScale)
      guard fit.error < best.error else { break }
      best = fit
    }
    return best.scale
  }

  /// Writes the nearest codes, ties to even, and returns the squared error.
  static func encode(
    _ row: UnsafePointer<Float>, _ count: Int, scale: Float, into codes: UnsafeMutablePointer<Int8>
  ) -> Double {
    var error = 0.0
    for i in 0..<count {
      let code = min(max(row[i] / scale, -limit), limit).roundedToEven
      codes[i] = Int8(truncatingIfNeeded: Int32(code))
      let difference = Double(row[i]) - Double(scale) * Double(code)
      error += difference * difference
    }
    return error
  }

  private static func squaredNorm(_ row: UnsafePointer<Float>, _ count: Int) -> Double {
    var sum = 0.0
    for i in 0..<count { sum += Double(row[i]) * Double(row[i]) }
    return sum
  }

  private static func largestMagnitude(_ row: UnsafePointer<Float>, _ count: Int) -> Float {
    var bits: UInt32 = 0
    for i in 0..<count { bits = max(bits, row[i].magnitude.bitPattern) }
    return Float(bitPattern: bits)
  }
}

/// How well the nearest codes at one scale fit a row.
private struct ScaleFit {
  var scale: Float
  // Sums in units of the scale, so that rows of any magnitude are alike.
  /// Sum of (w / scale - code)^2.
  private var squaredError = 0.0
  /// Sum of w / scale * code.
  private var product = 0.0
  /// Sum of code^2.
  private var squaredCodes = 0.0

  /// Sum of (w - scale * code)^2.
  var error: Double { squaredError * Double(scale) * Double(scale) }

  /// The best scale for these codes.
  var refinedScale: Float { squaredCodes > 0 ? Float(Double(scale) * product / squaredCodes) : scale }

  init(_ row: UnsafePointer<Float>, _ count: Int, scale: Float) {
    self.scale = scale
    typealias Vector = SIMD8<Float>
    let lanes = Vector.scalarCount
    let inverse = 1 / scale
    var i = 0
    while i + lanes <= count {
      // Float sums over at most this many vectors before they are added up in Double.
      let end = min(count - lanes, i + 64 * lanes)
      var errors = Vector.zero
      var products = Vector.zero
      var codes = Vector.zero
      while i <= end {
        let x = UnsafeRawPointer(row + i).loadUnaligned(as: Vector.self) * inverse
        var q = x
        q.replace(with: -Quantizer.limit, where: q .< -Quantizer.limit)
        q.replace(with: Quantizer.limit, where: q .> Quantizer.limit)
        q = (q + Float.roundingShift) - Float.roundingShift
        let e = x - q
        errors += e * e
        products += x * q
        codes += q * q
        i += lanes
      }
      for lane in 0..<lanes {
        squaredError += Double(errors[lane])
        product += Double(products[lane])
        squaredCodes += Double(codes[lane])
      }
    }
    while i < count {
      let x = row[i] * inverse
      let q = min(max(x, -Quantizer.limit), Quantizer.limit).roundedToEven
      squaredError += Double((x - q) * (x - q))
      product += Double(x * q)
      squaredCodes += Double(q * q)
      i += 1
    }
  }
}

extension Float {
  /// 1.5 x 2^23: adding it rounds to whole numbers, ties to even, and subtracting it gives them back.
  fileprivate static let roundingShift: Float = 12_582_912

  /// Nearest whole number, ties to even, for magnitudes below 2^22. `rounded(_:)` is a library call on baseline x86-64.
  fileprivate var roundedToEven: Float { (self + Self.roundingShift) - Self.roundingShift }
}
