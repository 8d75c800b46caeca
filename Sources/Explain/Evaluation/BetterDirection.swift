/// Which values are good.
public enum BetterDirection: Sendable {
  case higher, lower

  /// As tables mark it.
  public var arrow: String { self == .higher ? "↑" : "↓" }
  /// As sentences say it.
  public var words: String { self == .higher ? "higher is better" : "lower is better" }
}
