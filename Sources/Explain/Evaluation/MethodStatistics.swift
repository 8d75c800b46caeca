/// Measurements of one method's maps, added up.
public struct MethodStatistics: Sendable {
  public let method: MethodChoice
  public private(set) var maps = MapStatistics()
  /// Of images of classes that the head was trained on, and of those that it never saw.
  public private(set) var seen = Faithfulness()
  public private(set) var unseen = Faithfulness()
  public private(set) var cost = MapCost()

  public init(_ method: MethodChoice) { self.method = method }

  public init(_ name: MethodName) { self.init(MethodChoice(name)) }

  /// Counts one map.
  ///
  /// - Parameter isSeen: whether the head was trained on images of the map's class; nil where that is not known, or where
  ///   the map is not the head's.
  public mutating func add(_ map: MapMeasurement, _ passes: PassCount, _ time: Duration, isSeen: Bool? = nil) {
    maps.add(map)
    cost.add(passes, time)
    guard let isSeen, let masked = map.masked else { return }
    if isSeen {
      seen.add(probability: map.probability, masked: masked)
    } else {
      unseen.add(probability: map.probability, masked: masked)
    }
  }
}
