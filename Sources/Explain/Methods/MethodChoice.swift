/// A method, and how many passes improve its maps on each image.
public struct MethodChoice: Sendable, Hashable, RawRepresentable {
  public var name: MethodName
  /// Forward and backward passes of the refinement together; nil for the method's own maps.
  public var passes: Int?

  /// How many passes there may be.
  public static let possiblePasses = 2...1_000_000

  public init(_ name: MethodName, refinedIn passes: Int? = nil) { (self.name, self.passes) = (name, passes) }

  /// `ttame`, or `ttame+100` with a hundred passes more.
  public var rawValue: String { name.rawValue + (passes.map { "+\($0)" } ?? "") }

  public init?(rawValue: String) { self.init(rawValue, named: MethodName.init(rawValue:)) }

  /// Reads what `rawValue` writes.
  ///
  /// - Parameter named: reads the method's name.
  public init?(_ text: String, named: (String) -> MethodName?) {
    if let name = named(text) {
      self.init(name)
    } else if let plus = text.lastIndex(of: "+"), let name = named(String(text[..<plus])),
      let passes = Int(text[text.index(after: plus)...]), Self.possiblePasses.contains(passes)
    {
      self.init(name, refinedIn: passes)
    } else {
      return nil
    }
  }

  /// Makes the method for a session.
  ///
  /// - Throws: `MethodError.unsupported` if the model lacks what the method reads.
  public func makeMethod(_ session: Session, _ options: MethodOptions) throws(MethodError) -> any ExplanationMethod {
    let method = try name.makeMethod(session, options)
    guard let passes else { return method }
    return try Refinement(method, passes: passes, session, options)
  }
}
