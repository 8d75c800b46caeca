/// The few pictures of an evaluation that its report shows, kept while the maps are at hand, so that none is made twice.
public struct ReportPictures: Sendable {
  /// A photograph, what the classifier says it is, and a map of each method.
  public struct Photograph: Sendable {
    /// The path as listed.
    public let name: String
    public let label: String
    /// Of the class that the maps explain.
    public let probability: Float
    public let picture: Thumbnail
    public fileprivate(set) var maps: [Tile] = []
  }

  /// The overlay of one map.
  public struct Tile: Sendable {
    public let method: String
    /// The metric that maps are compared by, for this map; empty where it was not measured.
    public let remark: String
    public let picture: Thumbnail
  }

  /// Photographs in the gallery, spread evenly over the list; fewer where the list is short or a file unreadable.
  public static let galleryLimit = 12
  public static let worstLimit = 10

  public private(set) var gallery: [Photograph] = []
  /// The worst maps of the first method, the worst first; equals in the order of the list. Each has one map.
  public var worst: [Photograph] { ranked.map(\.photograph) }
  /// What the worst are the worst by, in words.
  public var worstBy: String { metric.map { "\($0.nameOfDemerit) of \(methods[0])" } ?? "" }
  private var ranked: [(demerit: Double, photograph: Photograph)] = []
  private let chosen: Set<Int>
  private let methods: [String]
  private let metric: MapMetric?
  private let renderer = Renderer()

  /// - Parameters:
  ///   - images: length of the list.
  ///   - methods: their names, at least one.
  public init(images: Int, methods: [String], metrics: Set<MapMetric>) {
    precondition(!methods.isEmpty)
    let count = min(images, Self.galleryLimit)
    chosen = Set((0..<count).map { $0 * images / count })
    self.methods = methods
    metric = .ofDemerits(metrics)
  }

  /// Looks at one map.
  ///
  /// - Parameters:
  ///   - method: its place among the methods, in whose order the maps of an image come.
  ///   - name, label: of the file and of the class that the map explains.
  /// - Throws: `ImageError.jpeg`.
  public mutating func add(
    _ map: ClassMap, _ measurement: MapMeasurement, method: Int, of image: EvaluatedImage, name: String, label: String
  ) throws(ImageError) {
    let demerit = metric.flatMap { MapDemerit(measurement, by: $0) }
    let isBad = method == 0 && demerit.map { isAmongWorst($0.value) } ?? false
    guard isBad || chosen.contains(image.index) else { return }
    let saliency = SaliencyMap(map.normalized(), crop: PixelSize(image.crop), shown: image.shown)
    let tile = Tile(
      method: methods[method], remark: demerit?.text ?? "",
      picture: try Thumbnail(renderer.overlay(image.crop, saliency)))
    if method == 0 {
      var photograph = Photograph(
        name: name, label: label, probability: measurement.probability, picture: try Thumbnail(image.crop))
      photograph.maps = [tile]
      if chosen.contains(image.index) { gallery.append(photograph) }
      if isBad, let demerit { insert(photograph, demerit.value) }
    } else {
      gallery[gallery.count - 1].maps.append(tile)
    }
  }

  private func isAmongWorst(_ demerit: Double) -> Bool {
    ranked.count < Self.worstLimit || ranked.last.map { demerit > $0.demerit } ?? true
  }

  private mutating func insert(_ photograph: Photograph, _ demerit: Double) {
    let place = ranked.firstIndex { demerit > $0.demerit } ?? ranked.count
    ranked.insert((demerit, photograph), at: place)
    if ranked.count > Self.worstLimit { ranked.removeLast() }
  }
}

/// A small JPEG of what a network sees.
public struct Thumbnail: Sendable {
  /// Pixels of the longer side, at most. With it and `quality` the pictures of seventeen tiles a photograph stay within 5 MB, whatever they show.
  static let limit = 144
  static let quality = 75

  let size: PixelSize
  let jpeg: [UInt8]

  /// - Throws: `ImageError.jpeg`.
  init(_ crop: Image) throws(ImageError) {
    let long = max(crop.width, crop.height)
    let limit = min(long, Self.limit)
    func side(_ length: Int) -> Int { max(length * limit / long, 1) }
    size = PixelSize(width: side(crop.width), height: side(crop.height))
    jpeg = try crop.resized(width: size.width, height: size.height, .bilinear).encodedJPEG(quality: Self.quality)
  }
}
