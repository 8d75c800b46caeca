import Explain

/// Measures one picture of a list after the other, and notes what was found.
struct EvaluationRun {
  private(set) var evaluation: Evaluation
  /// What a page about the run shows; nil where none was asked for.
  private(set) var pictures: ReportPictures?
  let items: [ImageList.Item]
  private let preprocessing: Preprocessing
  /// How pictures are read for methods with a resolution of their own.
  private let details: [Preprocessing]
  private let decoding: DecodingOptions
  private var warnings = DepthWarnings()
  private let names: ClassNames
  private let log: JSONLines?

  init(
    _ evaluation: Evaluation, preprocessing: Preprocessing, methods: [MethodChoice], decoding: DecodingOptions,
    items: [ImageList.Item], names: ClassNames, log: JSONLines?, pictures: ReportPictures?
  ) {
    details = methods.compactMap { $0.preprocessing(preprocessing) }
    (self.evaluation, self.preprocessing, self.decoding) = (evaluation, preprocessing, decoding)
    (self.items, self.names, self.log, self.pictures) = (items, names, log, pictures)
  }

  /// Measures one image of the list.
  ///
  /// - Returns: a warning about the picture, where one is due.
  mutating func measure(_ encoded: EncodedPicture) throws -> String? {
    let picture = try PreparedPicture(encoded, preprocessing, details: details, decoding, isDrawn: false)
    let item = items[encoded.index]
    let image = EvaluatedImage(
      crop: picture.crop, region: picture.fileRegion, shown: picture.shown, box: item.box, index: encoded.index)
    do {
      let maps = try evaluation.measure(
        image, picture.methodInput,
        picture: (picture.width * picture.reduction, picture.height * picture.reduction), class: item.classIndex)
      for (method, map) in maps.enumerated() {
        let label = names.name(map.map.classIndex)
        try pictures?.add(
          map.map, map.measurement, method: method, of: image, name: item.path.shownPath, label: label)
        try log?.write(MapLine(item.path, map))
      }
      return warnings.line(picture)
    } catch { throw Failure(error, reading: picture.origin.description) }
  }
}
