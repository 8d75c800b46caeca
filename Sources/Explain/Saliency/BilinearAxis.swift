/// Where the pixels of one axis of an enlarged picture read the smaller one: two neighbours and a weight.
///
/// Pixel centres lie at half-integers (`align_corners` false); beyond the outermost centres the border value continues.
struct BilinearAxis {
  /// The part of the target that the source covers; pixels outside read nothing.
  let covered: Range<Int>
  /// The neighbours to the left and right of each covered pixel, and the weight of the right one.
  let lower, upper: [Int]
  let weight: [Float]

  /// Lays `source` samples over the stretch of `extent` pixels that begins at `start`, on an axis whose pixels `covered`, and no
  /// others, are wanted.
  init(source: Int, covered: Range<Int>, start: Double, extent: Double) {
    self.covered = covered
    var lower: [Int] = []
    var weight: [Float] = []
    for pixel in covered {
      // Multiplied first, so that a source of the target's size is read exactly, and equal values stay equal.
      let position = (Double(pixel) + 0.5 - start) * Double(source) / extent - 0.5
      let clamped = min(max(position, 0), Double(source - 1))
      lower.append(Int(clamped))
      weight.append(Float(clamped - clamped.rounded(.down)))
    }
    self.lower = lower
    self.upper = lower.map { min($0 + 1, source - 1) }
    self.weight = weight
  }

  /// Enlarges `source` samples to the whole of `target` pixels.
  init(source: Int, target: Int) {
    self.init(source: source, covered: 0..<target, start: 0, extent: Double(target))
  }

  /// Enlarges `source` samples so that the centres of the outermost ones meet (`align_corners` true).
  init(corners source: Int, target: Int) {
    let distance = Double(source - 1) / Double(max(1, target - 1))
    let positions = (0..<target).map { Double($0) * distance }
    covered = 0..<target
    lower = positions.map { min(Int($0), source - 1) }
    upper = lower.map { min($0 + 1, source - 1) }
    weight = zip(positions, lower).map { Float($0 - Double($1)) }
  }
}

/// Resamples `source`, row-major with `width` columns, to `[targetHeight, targetWidth]`; pixels that no axis covers are 0.
func bilinear(
  _ source: [Float], width: Int, columns: BilinearAxis, rows: BilinearAxis, targetWidth: Int, targetHeight: Int
) -> [Float] {
  let widened = columns.interpolate(source, rowLength: width)
  let length = columns.covered.count
  var target = [Float](repeating: 0, count: targetWidth * targetHeight)
  target.withUnsafeMutableBufferPointer { target in
    widened.withUnsafeBufferPointer { widened in
      for (i, y) in rows.covered.enumerated() {
        let (top, bottom, weight) = (rows.lower[i] * length, rows.upper[i] * length, rows.weight[i])
        let first = y * targetWidth + columns.covered.lowerBound
        for x in 0..<length {
          target[first + x] = widened[top + x] + weight * (widened[bottom + x] - widened[top + x])
        }
      }
    }
  }
  return target
}

extension BilinearAxis {
  /// Resamples every row: `[rows, rowLength]` becomes `[rows, covered.count]`.
  fileprivate func interpolate(_ source: [Float], rowLength: Int) -> [Float] {
    var result: [Float] = []
    result.reserveCapacity(source.count / rowLength * covered.count)
    source.withUnsafeBufferPointer { source in
      for row in stride(from: 0, to: source.count, by: rowLength) {
        for i in lower.indices {
          let (left, right) = (source[row + lower[i]], source[row + upper[i]])
          result.append(left + weight[i] * (right - left))
        }
      }
    }
    return result
  }
}
