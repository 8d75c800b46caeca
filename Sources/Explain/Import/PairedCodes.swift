import Kernels

/// Keeps one row's codes within what kernels without an integer dot product add up in 16 bits (`GroupPairs`), which makes their
/// multiplications a third fewer.
///
/// Four codes share a lane. Few lanes hold four large ones, so that a slightly wider scale is all that most rows need.
struct PairedCodes {
  private let taps, inputs: Int

  /// Nil where runs span taps, or begin at channels that depend on the panel: there kernels take groups one by one.
  init?(_ layout: ReductionLayout) {
    guard layout.channelGroups.count == 1, !layout.sharesScale else { return nil }
    (taps, inputs) = (layout.kernelHeight * layout.kernelWidth, layout.channels)
  }

  /// Squared error of a panel's weights, over that of its best codes, that the speed is worth.
  static let worthwhile = 1.1

  /// Whether a network's layers bear it. Behind LayerNorm activations have outliers, which carry the weights' errors far: with
  /// paired codes ViT-Ti/16's logits correlate with PyTorch's at 0.993 and no longer at 0.995.
  static func suit(_ graph: Graph) -> Bool { !graph.nodes.contains { $0.op is LayerNorm } }

  /// How much wider the scale becomes at a time.
  private static let step: Float = 1.01

  /// Widens the scale until the nearest codes fit.
  ///
  /// - Parameters:
  ///   - row: weights `[taps, inputs]`.
  ///   - codes: its nearest codes, replaced where the scale changes.
  func widen(_ row: UnsafePointer<Float>, _ codes: UnsafeMutablePointer<Int8>, _ quantized: inout QuantizedRow) {
    while largestSum(codes) > GroupPairs.limit {
      quantized.scale *= Self.step
      quantized.squaredError = Quantizer.encode(row, taps * inputs, scale: quantized.scale, into: codes)
    }
  }

  /// Takes back what rounding to other neighbours has made too large.
  func limit(_ row: UnsafePointer<Float>, _ codes: UnsafeMutablePointer<Int8>, scale: Float) {
    guard largestSum(codes) > GroupPairs.limit else { return }
    forEachLane { lane in
      while sum(lane, codes) > GroupPairs.limit {
        // The code that is furthest above its weight loses least.
        let excess = lane.map { Float(codes[$0].magnitude) - row[$0].magnitude / scale }
        guard let most = lane.indices.filter({ codes[lane[$0]] != 0 }).max(by: { excess[$0] < excess[$1] }) else {
          return
        }
        codes[lane[most]] -= codes[lane[most]].signum()
      }
    }
  }

  private func largestSum(_ codes: UnsafePointer<Int8>) -> Int {
    var largest = 0
    for tap in 0..<taps {
      let row = codes + tap * inputs
      var c = 0
      while c < inputs {
        var sums = (0, 0)
        for i in 0..<min(8, inputs - c) {
          if i & 2 == 0 { sums.0 += Int(row[c + i].magnitude) } else { sums.1 += Int(row[c + i].magnitude) }
        }
        largest = max(largest, sums.0, sums.1)
        c += 8
      }
    }
    return largest
  }

  private func sum(_ lane: [Int], _ codes: UnsafePointer<Int8>) -> Int {
    lane.reduce(0) { $0 + Int(codes[$1].magnitude) }
  }

  private func forEachLane(_ body: ([Int]) -> Void) {
    for tap in 0..<taps {
      for first in stride(from: 0, to: inputs, by: 8) {
        for lane in GroupPairs.lanes {
          let places = lane.map { first + $0 }.filter { $0 < inputs }
          body(places.map { tap * inputs + $0 })
        }
      }
    }
  }
}
