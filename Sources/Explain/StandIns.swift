// Stand-ins until the engine is merged; deleted then.

public enum CPUTier: String, CaseIterable, Sendable {
  case reference, sse4, avx2, avxvnni, avx512vnni
  public static var available: [CPUTier] { [.reference, .sse4, .avx2] }
  public static var best: CPUTier { .avx2 }
  public var isAvailable: Bool { Self.available.contains(self) }
}
public func physicalCores() -> Int { 2 }

public struct ClassMap: Sendable {
  public var classIndex: Int
  public var height, width: Int
  public var values: [Float]
}

public enum EngineError: Error { case noHead }

public struct Explanation: Sendable {
  public var logits: [Float]
  public var maps: [ClassMap]
  public var forward: Duration
  public var head: Duration
}

public final class Session {
  public let model: Model
  public let tier: CPUTier
  public let threads: Int
  public init(model: Model, tier: CPUTier? = nil, threads: Int? = nil) {
    (self.model, self.tier, self.threads) = (model, tier ?? .best, threads ?? 2)
  }
  public func classify(_ input: UnsafePointer<Float>) throws(EngineError) -> [Float] {
    (0..<model.description.classes).map { Float($0 % 7) }
  }
  public func explain(
    _ input: UnsafePointer<Float>, classes: (_ logits: [Float]) -> [Int]
  ) throws(EngineError) -> Explanation {
    let logits = try classify(input)
    let maps = classes(logits).map { index in
      ClassMap(classIndex: index, height: 7, width: 7, values: (0..<49).map { Float(-abs($0 - 24 - index % 5)) })
    }
    return Explanation(logits: logits, maps: maps, forward: .milliseconds(5), head: .milliseconds(1))
  }
  public func probabilities(_ logits: [Float]) -> [Float] { logits.map { $0 / Float(logits.reduce(0, +)) } }
}
