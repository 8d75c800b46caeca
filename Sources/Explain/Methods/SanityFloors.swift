import Glibc
import Kernels

/// Noise of the target layer's resolution: what every method must beat.
final class RandomMap: ExplanationMethod {
  private let session: Session
  private let target: TargetLayer
  private let seed: Int

  init(_ session: Session, _ options: MethodOptions) throws(MethodError) {
    (self.session, seed) = (session, options.seed)
    target = try TargetLayer(session.model, for: .random)
  }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    // Every image has its own noise, the same whenever it is seen.
    let image = input.crop.pixels.reduce(into: 0) { $0 = ($0 &* 31) &+ Int($1) }
    return try session.explanation(input, classes) { classIndex in
      var generator = SplitMix64(seed, image, classIndex)
      let values = (0..<target.places).map { _ in Float(generator.unit()) }
      return ClassMap(classIndex: classIndex, height: target.height, width: target.width, values: values)
    }
  }
}

/// A Gaussian spot in the centre: photographers put their object there, and a method that is no better has found nothing.
final class CentreMap: ExplanationMethod {
  private static let side = 28
  /// A quarter of the side.
  private static let deviation = 7.0
  private let session: Session

  init(_ session: Session) { self.session = session }

  func explain(_ input: MethodInput, classes: ([Float]) -> [Int]) throws(EngineError) -> Explanation {
    try session.explanation(input, classes) { classIndex in
      let values = (0..<Self.side * Self.side).map { place in
        let (y, x) = place.quotientAndRemainder(dividingBy: Self.side)
        let (dx, dy) = (Double(x) - Double(Self.side - 1) / 2, Double(y) - Double(Self.side - 1) / 2)
        return Float(exp(-(dx * dx + dy * dy) / (2 * Self.deviation * Self.deviation)))
      }
      return ClassMap(classIndex: classIndex, height: Self.side, width: Self.side, values: values)
    }
  }
}

extension Session {
  /// One forward pass, and maps that it has no part in.
  fileprivate func explanation(
    _ input: MethodInput, _ classes: ([Float]) -> [Int], map: (Int) -> ClassMap
  ) throws(EngineError) -> Explanation {
    var clock = ExplanationClock()
    let logits = try classify(input.values)
    clock.endForward()
    let maps = classes(logits).map(map)
    return clock.explanation(logits: logits, maps: maps)
  }
}
