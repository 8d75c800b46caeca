import ArgumentParser
import Explain

/// A term of the loss, as it is called on the command line.
enum LossTerm: String, CaseIterable {
  case crossEntropy = "cross-entropy"
  case area, variation, keeping, removal, brightness

  private static func terms(of masks: MaskForm) -> [LossTerm] {
    (masks == .order ? [.keeping, .removal, .brightness] : [.crossEntropy]) + [.area, .variation]
  }

  /// The terms that there are with masks of a form.
  static func names(_ masks: MaskForm) -> String { terms(of: masks).map(\.rawValue).joined(separator: ", ") }

  func belongs(to masks: MaskForm) -> Bool { Self.terms(of: masks).contains(self) }

  var weight: WritableKeyPath<LossWeights, Double> {
    switch self {
    case .crossEntropy: \.crossEntropy
    case .area: \.area
    case .variation: \.variation
    case .keeping: \.keeping
    case .removal: \.removal
    case .brightness: \.brightness
    }
  }
}

/// Weights that replace the usual ones.
struct LossWeightChanges: ExpressibleByArgument {
  private var weights: [(LossTerm, Double)] = []

  init?(argument: String) {
    for part in argument.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, let term = LossTerm(rawValue: String(sides[0])), let weight = Double(sides[1]),
        weight >= 0,
        weight.isFinite
      else { return nil }
      weights.append((term, weight))
    }
  }

  /// Terms that masks of a form do not have.
  func strangers(to masks: MaskForm) -> [LossTerm] { weights.map(\.0).filter { !$0.belongs(to: masks) } }

  func apply(to weights: inout LossWeights) {
    for (term, weight) in self.weights { weights[keyPath: term.weight] = weight }
  }
}
