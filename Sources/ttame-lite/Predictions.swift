import Explain

/// What the classifier says about one image.
struct Predictions {
  let logits, probabilities: [Float]
  let names: ClassNames
  /// The score that tells whether the image is of any of the classes; nil where nothing tells.
  let score: Float?
  /// Whether it is.
  let isKnown: Bool
  private let model: ModelDescription

  /// - Parameter rule: tells images of none of the classes; nil where nothing does.
  init(_ logits: [Float], _ session: Session, _ rule: Rejection.Rule?) {
    let score = rule?.score.value(logits)
    self.score = score
    isKnown = rule.flatMap { rule in score.map { $0 >= rule.threshold } } ?? true
    self.logits = logits
    probabilities = session.probabilities(logits)
    model = session.model.description
    names = ClassNames(labels: model.labels, count: model.classes)
  }

  /// The classes that are wanted, most probable first.
  func best(_ choice: PredictionChoice) -> [Int] {
    guard let threshold = choice.threshold else { return largest(choice.top, of: logits) }
    return classes(reaching: threshold, probabilities: probabilities, logits: logits, most: choice.top)
  }

  /// `golden retriever 93.2 %`
  func summary(of index: Int) -> String { "\(names.name(index)) \(percent(probabilities[index]))" }

  /// Lines for people: the image, and below it the classes.
  func text(_ picture: PreparedPicture, _ choice: PredictionChoice) -> String {
    if !isKnown {
      return picture.title + "\n        -  \(Self.unknown); nearest: \(largest(1, of: logits).map(summary).joined())\n"
    }
    let rows = best(choice).map { index in
      let share = percent(probabilities[index])
      return String(repeating: " ", count: max(9 - share.count, 0)) + "\(share)  \(names.label(index)) (\(index))\n"
    }
    return picture.title + "\n" + (rows.isEmpty ? "        -  \(noneReaches(choice.threshold))\n" : rows.joined())
  }

  /// The answer where the image is of none of the classes.
  static let unknown = "none of these"

  /// Why there is no class.
  func noneReaches(_ threshold: Double?) -> String { "no class reaches \(percent(threshold ?? 0))" }

  /// The head by its kind, other methods by their names.
  private func name(_ method: MethodChoice) -> String {
    guard method.name == .ttame, let head = model.head else { return method.rawValue }
    return method.rawValue.replacing(MethodName.ttame.rawValue, with: head.kind.rawValue)
  }

  /// The JSON of one image.
  func report(
    _ picture: PreparedPicture, method: MethodChoice? = nil, _ choice: PredictionChoice,
    explanations: [ImageReport.Explanation]?,
    threshold: Double? = nil, _ times: ImageReport.Milliseconds
  ) -> ImageReport {
    ImageReport(
      input: picture.origin.path.pathForJSON, inputBytes: picture.origin.path.base64ForJSON,
      frame: picture.origin.frame, model: model.name, width: picture.width, height: picture.height,
      scaled: picture.reduction == 1 ? nil : picture.reduction, fit: picture.fit,
      crop: ImageReport.Crop(picture.region),
      method: method.map(name),
      probabilities: model.outputs, threshold: threshold, known: score.map { _ in isKnown }, score: score,
      predictions: best(choice).map {
        ImageReport.Prediction(class: $0, label: names.label($0), probability: probabilities[$0])
      },
      explanations: explanations, milliseconds: times)
  }
}

/// Which classes of an image are told.
struct PredictionChoice {
  /// No more than these.
  var top: Int
  /// The least probability; nil where all count.
  var threshold: Double?
}

extension PictureOrigin {
  /// The input as the user gave it.
  fileprivate var path: String {
    switch self {
    case .file(let path): path
    case .standardInput: "-"
    }
  }

  fileprivate var frame: Int? {
    switch self {
    case .file: nil
    case .standardInput(let frame): frame
    }
  }
}
