/// A method, the resolution of its maps, and how many passes improve them on each image.
public struct MethodChoice: Sendable, Hashable, RawRepresentable {
  public var name: MethodName
  /// The shorter side of the network's input for the method's maps, in pixels; nil for the model's own.
  public var side: Int?
  /// Forward and backward passes of the refinement together; nil for the method's own maps.
  public var passes: Int?

  /// What the side may be; the network's layers may need more.
  public static let possibleSides = 32...2048
  /// How many passes there may be.
  public static let possiblePasses = 2...1_000_000

  public init(_ name: MethodName, side: Int? = nil, refinedIn passes: Int? = nil) {
    (self.name, self.side, self.passes) = (name, side, passes)
  }

  /// `ttame`, `ttame+100` with a hundred passes more, or `ttame@320` of an input of 320 pixels, or both: `ttame@320+100`.
  public var rawValue: String {
    name.rawValue + (side.map { "@\($0)" } ?? "") + (passes.map { "+\($0)" } ?? "")
  }

  public init?(rawValue: String) { self.init(rawValue, named: MethodName.init(rawValue:)) }

  /// Reads what `rawValue` writes.
  ///
  /// - Parameter named: reads the method's name.
  public init?(_ text: String, named: (String) -> MethodName?) {
    var rest = text[...]
    /// The number behind the last `mark`, which is cut off with it; nil without one, or if it is not possible.
    func number(behind mark: Character, in possible: ClosedRange<Int>) -> Int? {
      guard let place = rest.lastIndex(of: mark), let number = Int(rest[rest.index(after: place)...]),
        possible.contains(number)
      else { return nil }
      rest = rest[..<place]
      return number
    }
    passes = number(behind: "+", in: Self.possiblePasses)
    side = number(behind: "@", in: Self.possibleSides)
    guard let name = named(String(rest)) else { return nil }
    self.name = name
  }

  /// Makes the method for a session.
  ///
  /// - Throws: `MethodError.unsupported` if the model lacks what the method reads.
  public func makeMethod(_ session: Session, _ options: MethodOptions) throws(MethodError) -> any ExplanationMethod {
    let method: any ExplanationMethod =
      if let side { try ResizedInput(name, side: side, session, options) } else {
        try name.makeMethod(session, options)
      }
    guard let passes else { return method }
    return try Refinement(method, passes: passes, session, options)
  }

  /// How pictures are read for the method's own resolution; nil where that is the usual one.
  ///
  /// - Parameter usual: how they are read for the network.
  public func preprocessing(_ usual: Preprocessing) -> Preprocessing? {
    // Without resizing, more pixels would show more of the picture.
    usual.fit == .none ? nil : side.map(usual.resized)
  }
}
