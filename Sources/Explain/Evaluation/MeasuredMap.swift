/// One map of an evaluation, and what was measured of it.
public struct MeasuredMap: Sendable {
  public let method: MethodChoice
  /// Of the predicted class.
  public let map: ClassMap
  public let measurement: MapMeasurement
  /// What it took to make the map.
  public let passes: PassCount
  public let time: Duration
}
