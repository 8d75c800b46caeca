/// Rounds one row's weights so that their errors cancel where the inputs are alike.
///
/// Nearest rounding minimises the weights' error; what matters is the output's, `δᵀ E[x xᵀ] δ` for weight errors δ. Inputs of one
/// channel at neighbouring kernel taps are nearly equal (pictures are smooth), and inputs behind a ReLU share a positive mean,
/// so `E[x xᵀ]` is modelled, without any data, as a product of two equicorrelated matrices: `spatial` between the taps of a
/// channel and `mean` between channels. Coordinate descent moves single weights to their other neighbour while that lowers
/// the modelled error. (The same objective as AdaRound's, Nagel et al. 2020, with a model in the place of measured inputs.)
package struct Rounding {
  /// Correlation of one channel's inputs at different taps.
  package var spatial: Float = 0.8
  /// Correlation of different channels' inputs.
  package var mean: Float = 0.3

  /// Behind a global average pool: values that vary much less than their mean.
  package static let pooled = Rounding(spatial: 0, mean: 0.8)

  private static let sweeps = 4

  package init() {}

  private init(spatial: Float, mean: Float) { (self.spatial, self.mean) = (spatial, mean) }

  /// - Parameters:
  ///   - row: weights `[taps, inputs]`.
  ///   - codes: their nearest codes, changed in place.
  package func refine(
    _ row: UnsafePointer<Float>, taps: Int, inputs: Int, scale: Float, codes: UnsafeMutablePointer<Int8>
  ) {
    let inverse = 1 / scale
    // Errors in units of the scale, and their sums over channels, over taps and over all.
    var errors = [Float](repeating: 0, count: taps * inputs)
    var channelSums = [Float](repeating: 0, count: inputs)
    var tapSums = [Float](repeating: 0, count: taps)
    var total: Float = 0
    for tap in 0..<taps {
      for c in 0..<inputs {
        let i = tap * inputs + c
        let error = Float(codes[i]) - row[i] * inverse
        errors[i] = error
        channelSums[c] += error
        tapSums[tap] += error
        total += error
      }
    }
    let own = (1 - spatial) * (1 - mean)
    let sameChannel = spatial * (1 - mean)
    let sameTap = (1 - spatial) * mean
    let all = spatial * mean
    for _ in 0..<Self.sweeps {
      var moved = false
      for tap in 0..<taps {
        for c in 0..<inputs {
          let i = tap * inputs + c
          // The gradient of the modelled error; a step against it of size 1 pays if it exceeds half the curvature.
          let slope = own * errors[i] + sameChannel * channelSums[c] + sameTap * tapSums[tap] + all * total
          guard abs(slope) > 0.5 else { continue }
          let step: Float = slope > 0 ? -1 : 1
          let code = Float(codes[i]) + step
          guard abs(code) <= Quantizer.limit, abs(errors[i] + step) < 1 else { continue }
          codes[i] = Int8(code)
          errors[i] += step
          channelSums[c] += step
          tapSums[tap] += step
          total += step
          moved = true
        }
      }
      if !moved { break }
    }
  }
}
