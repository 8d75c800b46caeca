/// The attention map of one class, before the sigmoid.
public struct ClassMap: Sendable, Equatable {
  public var classIndex: Int
  public var height, width: Int
  /// `[height, width]`.
  public var values: [Float]

  public init(classIndex: Int, height: Int, width: Int, values: [Float]) {
    self.classIndex = classIndex
    self.height = height
    self.width = width
    self.values = values
  }
}
