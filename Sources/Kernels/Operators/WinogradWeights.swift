import CShim

/// Weights of 3 x 3 kernels in the form of Winograd's F(2 x 2, 3 x 3): four times `G g G'`, whole numbers in words.
public struct WinogradWeights: Sendable {
  /// `[panels][16 places][channels / 2][16][2]`.
  let words: [Int16]
  /// Activations are multiplied by 2^shift: as much as all sums bear.
  let shift: Int32

  /// Most bits that leave room for sums of four levels in a word.
  private static let largestShift: Int32 = 4
  /// Fewer would show beside the activations' own rounding.
  private static let smallestShift: Int32 = 2

  /// Whether kernels of this layout have such a form.
  public static func fit(_ layout: ReductionLayout, outputs: Int) -> Bool {
    layout.kernelHeight == 3 && layout.kernelWidth == 3 && layout.dilationHeight == 1 && layout.dilationWidth == 1
      && layout.channelGroups.count == 1 && layout.channels.isMultiple(of: PanelLayout.width)
      && outputs.isMultiple(of: PanelLayout.width)
  }

  /// - Parameter panels: int8, as the layout packs them.
  /// - Returns: nil where the weights are so large that a sum may exceed 32 bits.
  public init?(_ panels: UnsafePointer<Int8>, _ layout: ReductionLayout, outputs: Int, context: ExecutionContext) {
    require(Self.fit(layout, outputs: outputs), "3 x 3 kernels over whole panels")
    let format = context.kernels.activationFormat
    let largestLevel = Int(max(format.largestUnsigned, format.largestSigned))
    let count = PanelLayout.panels(outputs)
    let groups = layout.channels / PanelLayout.group
    let panelWords = Int(winograd_places) * layout.channels * PanelLayout.width
    var largest = [Int](repeating: 0, count: count)
    words = [Int16](unsafeUninitializedCapacity: count * panelWords) { words, initialized in
      largest.withUnsafeMutableBufferPointer { largest in
        nonisolated(unsafe) let (words, largest) = (words.baseAddress!, largest)
        context.pool.run(chunks: count) { panel in
          let transform = PanelTransform(panels + panel * layout.panelBytes, groups: groups)
          transform.write(words + panel * panelWords)
          largest[panel] = transform.largestColumnSum()
        }
      }
      initialized = count * panelWords
    }
    // Sums are of four times the weights.
    let most = 4 * largestLevel * (largest.max() ?? 0)
    var shift = Self.largestShift
    while shift > Self.smallestShift, most << shift > Int(Int32.max) { shift -= 1 }
    guard most << shift <= Int(Int32.max) else { return nil }
    self.shift = shift
  }
}

/// Transforms the weights of 16 outputs.
private struct PanelTransform {
  private let weights: UnsafePointer<Int8>
  /// Groups of 4 channels of a tap.
  private let groups: Int

  private static let groupBytes = PanelLayout.group * PanelLayout.width

  init(_ weights: UnsafePointer<Int8>, groups: Int) { (self.weights, self.groups) = (weights, groups) }

  func write(_ words: UnsafeMutablePointer<Int16>) {
    let placeWords = groups * Self.groupBytes
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: 28 * Self.groupBytes) { memory in
      let kernel = memory.baseAddress.unsafelyUnwrapped
      // Rows of the kernel times G, then columns.
      let rows = kernel + 9 * Self.groupBytes
      let places = kernel + 12 * Self.groupBytes
      for group in 0..<groups {
        for tap in 0..<9 {
          let source = weights + (tap * groups + group) * Self.groupBytes
          let target = kernel + tap * Self.groupBytes
          for i in 0..<Self.groupBytes { target[i] = Int16(source[i]) }
        }
        for y in 0..<4 {
          for x in 0..<3 {
            combine(
              kernel + x * Self.groupBytes, step: 3 * Self.groupBytes, row: y, into: rows + x * Self.groupBytes)
          }
          for x in 0..<4 {
            combine(rows, step: Self.groupBytes, row: x, into: places + (4 * y + x) * Self.groupBytes)
          }
        }
        for place in 0..<Int(winograd_places) {
          // From [16][4] to [2][16][2].
          let source = UnsafeRawPointer(places + place * Self.groupBytes)
          let target = UnsafeMutableRawPointer(words + place * placeWords + group * Self.groupBytes)
          for column in 0..<PanelLayout.width {
            let pairs = source.loadUnaligned(fromByteOffset: 8 * column, as: SIMD2<UInt32>.self)
            target.storeBytes(of: pairs[0], toByteOffset: 4 * column, as: UInt32.self)
            target.storeBytes(of: pairs[1], toByteOffset: 4 * (PanelLayout.width + column), as: UInt32.self)
          }
        }
      }
    }
  }

  /// A row of 2 G times three vectors.
  @inline(__always) private func combine(
    _ g: UnsafeMutablePointer<Int16>, step: Int, row: Int, into target: UnsafeMutablePointer<Int16>
  ) {
    let (g1, g2) = (g + step, g + 2 * step)
    switch row {
    case 0: for i in 0..<Self.groupBytes { target[i] = 2 &* g[i] }
    case 1: for i in 0..<Self.groupBytes { target[i] = g[i] &+ g1[i] &+ g2[i] }
    case 2: for i in 0..<Self.groupBytes { target[i] = g[i] &- g1[i] &+ g2[i] }
    default: for i in 0..<Self.groupBytes { target[i] = 2 &* g2[i] }
    }
  }

  /// The largest sum of magnitudes of an output's weights.
  func largestColumnSum() -> Int {
    var sums = InlineArray<16, Int>(repeating: 0)
    for group in 0..<9 * groups {
      let source = weights + group * Self.groupBytes
      for column in 0..<PanelLayout.width {
        for i in 0..<PanelLayout.group { sums[column] += Int(source[PanelLayout.group * column + i].magnitude) }
      }
    }
    var largest = 0
    for column in 0..<PanelLayout.width { largest = max(largest, sums[column]) }
    return largest
  }
}
