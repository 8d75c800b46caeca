import Kernels

/// Saliency that can be had row by row, from the top.
public protocol SaliencyRows {
  /// The size of the picture.
  var width: Int { get }
  var height: Int { get }
  /// The pixels of the picture that the network saw; elsewhere there is no saliency.
  var seen: PixelArea { get }

  /// Calls `body` with the saliency, 0...1, of the columns `seen.columns` of every row of `seen.rows`.
  func forEachRow(_ body: (_ y: Int, _ row: UnsafeBufferPointer<Float>) -> Void)
}

/// What is said of a saliency in numbers.
public struct SaliencyStatistics: Sendable, Equatable {
  /// The share of what the network saw of the picture whose saliency is 0.5 or more, 0...1.
  public var area: Double
  /// The first pixel of the picture, in reading order, with the highest saliency of those that the network saw.
  public var x, y: Int
}

extension SaliencyRows {
  public var statistics: SaliencyStatistics {
    // Floats that are not negative are ordered as their bits, of which the compiler finds the largest several at a time.
    func bits(_ value: Float) -> Int32 { Int32(bitPattern: value.bitPattern) }
    let half = bits(0.5)
    var hot = 0
    var highest: Int32 = -1
    var (x, y) = (seen.columns.lowerBound, seen.rows.lowerBound)
    forEachRow { row, values in
      var most: Int32 = -1
      for value in values {
        hot &+= bits(value) >= half ? 1 : 0
        most = max(most, bits(value))
      }
      guard most > highest, let column = values.firstIndex(where: { bits($0) == most }) else { return }
      highest = most
      (x, y) = (seen.columns.lowerBound + column, row)
    }
    return SaliencyStatistics(area: Double(hot) / Double(max(seen.count, 1)), x: x, y: y)
  }

  /// The share of what the network saw of the picture whose saliency is 0.5 or more, 0...1.
  public var area: Double { statistics.area }

  /// The first pixel, in reading order, with the highest saliency of those that the network saw.
  public var peak: (x: Int, y: Int) {
    let statistics = statistics
    return (statistics.x, statistics.y)
  }

  /// Calls `body` with the rows of `seen` in steps of 1/255, rounded to nearest.
  func forEachRowOfLevels(_ body: (_ y: Int, _ levels: UnsafeBufferPointer<UInt8>) -> Void) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: seen.columns.count) { levels in
      levels.initialize(repeating: 0)
      forEachRow { y, row in
        if let values = row.baseAddress, let base = levels.baseAddress {
          KernelTable.pictures.roundToLevels(values, levels: base, count: row.count)
        }
        body(y, UnsafeBufferPointer(levels))
      }
    }
  }

  /// The saliency of every pixel in steps of 1/255, rounded to nearest.
  public var levels: [UInt8] {
    var result = [UInt8](repeating: 0, count: width * height)
    result.withUnsafeMutableBufferPointer { result in
      forEachRowOfLevels { y, levels in
        let first = y * width + seen.columns.lowerBound
        for i in levels.indices { result[first + i] = levels[i] }
      }
    }
    return result
  }
}
