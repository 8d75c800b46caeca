import Explain

/// Checks an int8 model against the same import in Float, and says what it found.
struct QuantizationReport {
  private let pictures: PictureData
  private let items: [ImageList.Item]

  /// - Parameters:
  ///   - path: of photographs: a folder, or a list.
  ///   - count: how many are used at most, spread evenly.
  init(_ path: String, count: Int) throws(Failure) {
    pictures = try PictureData(path, classes: nil)
    let all = pictures.list.items
    items = (0..<min(count, all.count)).map { all[$0 * all.count / min(count, all.count)] }
  }

  var paths: [String] { pictures.list.items.map(\.path) }

  /// Compares the models and prints what there is to say.
  ///
  /// - Returns: the worst status of photographs that cannot be read.
  func run(_ int8: Model, _ float: Model) throws -> ExitStatus {
    let source = InputSource(InputList(files: items.map(\.path), failures: pictures.failures), DecodingOptions())
    let check = QuantizationCheck(int8: int8, float: float)
    let preprocessing = int8.description.preprocessing
    var names: [String] = []
    let worst = answerAll(source, Progress(count: source.count)) { encoded in
      let picture = try PreparedPicture(encoded, preprocessing, DecodingOptions(), isDrawn: false)
      do { try check.add(picture.input) } catch { throw Failure(error, reading: picture.origin.description) }
      names.append(picture.title)
    }
    pictures.reportRemarks()
    guard let cosine = check.cosine else {
      throw Failure(.badData, "no image could be read", subject: pictures.path)
    }
    let remedy: QuantizationCheck.Remedy?
    do { remedy = try check.remedy() } catch { throw Failure(error, reading: pictures.path) }
    try printOutput(text(check, cosine, remedy, names))
    if cosine.mean < QuantizationCheck.leastCosine { printError("ttame-lite: warning: " + warning(cosine, remedy)) }
    return worst
  }

  private func text(
    _ check: QuantizationCheck, _ cosine: QuantizationCheck.Agreement, _ remedy: QuantizationCheck.Remedy?,
    _ names: [String]
  ) -> String {
    func line(_ title: String, _ agreement: QuantizationCheck.Agreement) -> String {
      "  \(title)  \(agreement.mean.fixed(5)), least \(agreement.least.fixed(5)) (\(names[agreement.leastImage]))\n"
    }
    var text = "int8 against float32, \(counted(check.images, "image")):\n"
    text += line("cosine of logits    ", cosine)
    text += "  same predicted class  \(check.agreeing) of \(check.images)\n"
    if let correlation = check.correlation { text += line("correlation of maps ", correlation) }
    guard let remedy, !remedy.losses.isEmpty else { return text }
    var table = Table(["layers that lose most", "error", "cosine with it in float32"])
    for loss in remedy.losses {
      table.add([loss.layer, percent(loss.error), loss.cosineInFloat.fixed(5)])
    }
    return text + table.text
  }

  private func warning(_ cosine: QuantizationCheck.Agreement, _ remedy: QuantizationCheck.Remedy?) -> String {
    let found = "the cosine of the logits is \(cosine.mean.fixed(5)), below \(QuantizationCheck.leastCosine)"
    guard let remedy, !remedy.layers.isEmpty else {
      return found + "; --precision float32 keeps all layers in float32"
    }
    let layers = remedy.layers.map { $0.contains(" ") ? shellQuoted($0) : $0 }.joined(separator: ",")
    return found + "; --float-layers \(layers) changes it from \(remedy.cosineInInt8.fixed(5)) to "
      + "\(remedy.cosine.fixed(5)) on the first images"
  }
}
