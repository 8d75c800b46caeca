/// Sums of four weights' magnitudes that the kernels without an integer dot product may add up in 16 bits.
///
/// `pmaddubsw` multiplies activations of up to seven bits, or 128 in a plane of pixels, with int8 weights and adds two
/// neighbouring products in 16 bits. Where 128 times the magnitudes of the four weights that meet in a lane of two
/// neighbouring groups fits them too, the two groups are added before `pmaddwd` widens them.
public enum GroupPairs {
  /// Largest sum of four magnitudes.
  public static let limit = Int(Int16.max) / 128

  /// The places of a lane's weights, counted from the first of two groups.
  public static let lanes: [[Int]] = [[0, 1, 4, 5], [2, 3, 6, 7]]
}

extension ReductionLayout {
  /// For every int8 panel, 1 where all lanes of two neighbouring groups keep to the limit, or else 0; empty where none does.
  public func pairsFit(_ panels: UnsafePointer<Int8>, outputs: Int) -> [UInt8] {
    let fits = (0..<PanelLayout.panels(outputs)).map { panel in
      var weights = panels + panel * panelBytes
      for run in runs(reading: channels(ofPanel: panel)) {
        for pair in 0..<run.groups / 2 {
          guard largestSum(weights + pair * 2 * Self.groupBytes) <= GroupPairs.limit else { return UInt8(0) }
        }
        weights += run.groups * Self.groupBytes
      }
      return 1
    }
    return fits.contains(1) ? fits : []
  }

  private static var groupBytes: Int { PanelLayout.group * PanelLayout.width }

  /// The largest sum of magnitudes of the 32 lanes of two groups.
  private func largestSum(_ weights: UnsafePointer<Int8>) -> Int {
    var largest = 0
    for lane in stride(from: 0, to: Self.groupBytes, by: 2) {
      let (first, second) = (weights + lane, weights + Self.groupBytes + lane)
      let sum = magnitude(first[0]) + magnitude(first[1]) + magnitude(second[0]) + magnitude(second[1])
      largest = max(largest, sum)
    }
    return largest
  }

  @inline(__always) private func magnitude(_ level: Int8) -> Int { Int(level.magnitude) }
}
