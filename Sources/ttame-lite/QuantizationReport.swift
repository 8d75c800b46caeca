import Explain

/// Checks an int8 model against the same import in Float, on photographs.
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

  /// Compares the models.
  ///
  /// - Returns: also the worst status of photographs that cannot be read.
  func run(_ int8: Model, _ float: Model) throws -> (figures: QuantizationFigures, status: ExitStatus) {
    let source = InputSource(InputList(files: items.map(\.path), failures: pictures.failures), DecodingOptions())
    let check = QuantizationCheck(int8: int8, float: float)
    let preprocessing = int8.description.preprocessing
    var names: [String] = []
    let worst = answerAll(source, Progress(count: source.count)) { encoded in
      let picture = try PreparedPicture(encoded, preprocessing, DecodingOptions(), isDrawn: false)
      do { try check.add(picture.methodInput.values) } catch {
        throw Failure(error, reading: picture.origin.description)
      }
      names.append(picture.title)
    }
    pictures.reportRemarks()
    guard let cosine = check.cosine else {
      throw Failure(.badData, "no image could be read", subject: pictures.path)
    }
    let remedy: QuantizationCheck.Remedy?
    do { remedy = try check.remedy() } catch { throw Failure(error, reading: pictures.path) }
    return (QuantizationFigures(check, cosine, remedy, names: names), worst)
  }
}
