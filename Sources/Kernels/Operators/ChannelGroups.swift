/// Groups of channels that are convolved each by itself: the first outputs read the first inputs, and so on.
public struct ChannelGroups: Sendable, Hashable {
  public let count: Int
  /// Output channels of one group.
  let outputs: Int
  /// How often the outputs of all groups follow one another among the columns of a product.
  let rounds: Int

  /// - Parameter outputs: output channels of all groups.
  /// - Precondition: each group has as many.
  public init(_ count: Int, outputs: Int, rounds: Int = 1) {
    require(count > 0 && outputs > 0 && outputs % count == 0, "groups of as many outputs")
    (self.count, self.outputs, self.rounds) = (count, outputs / count, rounds)
  }

  /// All outputs read all inputs.
  public static let one = ChannelGroups(1, outputs: 1)

  /// Columns of the product.
  private var columns: Int { rounds * count * outputs }
  /// Panels of the product.
  var panels: Int { PanelLayout.panels(columns) }

  /// The group that a column belongs to.
  func group(ofColumn n: Int) -> Int { count == 1 ? 0 : n / outputs % count }

  /// The groups that the columns of a panel belong to: those between the first and the last column's, or all of them.
  func groups(ofPanel panel: Int) -> ClosedRange<Int> {
    let first = panel * PanelLayout.width
    let last = min(first + PanelLayout.width, columns) - 1
    let isOneRound = first / (count * outputs) == last / (count * outputs)
    return isOneRound ? group(ofColumn: first)...group(ofColumn: last) : 0...count - 1
  }
}
