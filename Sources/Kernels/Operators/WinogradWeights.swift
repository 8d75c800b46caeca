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
    guard let transform = context.kernels.functions.winogradWeights else { return nil }
    let format = context.kernels.activationFormat
    let largestLevel = Int(max(format.largestUnsigned, format.largestSigned))
    let count = PanelLayout.panels(outputs)
    let groups = layout.channels / PanelLayout.group
    let panelWords = Int(winograd_places) * layout.channels * PanelLayout.width
    var largest = [Int32](repeating: 0, count: count)
    words = [Int16](unsafeUninitializedCapacity: count * panelWords) { words, initialized in
      largest.withUnsafeMutableBufferPointer { largest in
        nonisolated(unsafe) let (words, largest) = (words.baseAddress!, largest)
        context.pool.run(chunks: count) { panel in
          largest[panel] = transform(panels + panel * layout.panelBytes, groups, words + panel * panelWords)
        }
      }
      initialized = count * panelWords
    }
    // Sums are of four times the weights.
    let most = 4 * largestLevel * Int(largest.max() ?? 0)
    var shift = Self.largestShift
    while shift > Self.smallestShift, most << shift > Int(Int32.max) { shift -= 1 }
    guard most << shift <= Int(Int32.max) else { return nil }
    self.shift = shift
  }
}
