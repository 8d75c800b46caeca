import ArgumentParser
import Explain

/// Whether images of none of the classes are told from others.
struct RejectOptions: ParsableArguments {
  /// When an image is of none of the classes.
  enum Rule: ExpressibleByArgument, Equatable {
    case auto, off
    /// So that this share of known images is refused.
    case share(Double)

    init?(argument: String) {
      switch argument.foldedName {
      case "auto": self = .auto
      case "off": self = .off
      default:
        guard let share = Double(argument), (0...1).contains(share) else { return nil }
        self = .share(share)
      }
    }
  }

  @Option(
    help: ArgumentHelp(
      """
      Answer "none of these" to an image unlike those that the model was taught with: as teach measured (auto), never (off), or \
      so that this share of known images is refused (default: auto).
      """, valueName: "auto|off|0...1"))
  var reject: Rule?

  /// What tells them; nil where nothing does.
  ///
  /// - Throws: where a share is asked for and the model cannot have one.
  func rule(for model: ModelDescription) throws(Failure) -> Rejection.Rule? {
    switch reject ?? .auto {
    case .off: return nil
    case .auto: return model.rejection?.rule()
    case .share(let share):
      guard let rejection = model.rejection else {
        throw Failure(
          .usage,
          "--reject: \(model.name) has no scores of known images; teach measures them for classes that exclude each other"
        )
      }
      return rejection.rule(refusing: share)
    }
  }
}
