import CTTAME
import Explain
import Kernels
import Testing

/// The functions of `ttame.h`, called as C calls them.
struct LibraryTests {
  /// The golden results of `GoldenModelTests`, through the C functions.
  @Test(
    .enabled(if: Shared.isPresent, "../shared with the golden files is not here"),
    arguments: Emulation.affordable(GoldenModelTests.cases, of: "golden models in C") { $0.isSmall },
    [Precision.float32, .int8])
  func goldenResults(_ model: GoldenModelTests.Case, _ precision: Precision) throws {
    let golden = try GoldenFile(path: Shared.path("golden/\(model.name)/inference.safetensors"))
    // The crops of the golden file are whole pictures here.
    let path = try ImportedModels.path(model.weights, golden: model.name, precision: precision, fit: .squash)
    let library = try Library(model: path)
    for image in 0..<3 {
      let answer = try library.explain(golden.crop(image), width: 224, height: 224, golden.mapClasses(image))
      let result = golden.compare(image, logits: answer.logits, maps: answer.maps)
      if precision == .float32 {
        #expect(result.isTopClassEqual)
        #expect(result.logitsError < model.floatTolerance)
        #expect(result.mapErrors.allSatisfy { $0 < model.floatTolerance })
      } else {
        let bars = GoldenModelTests.Bars(model, .best)
        if !bars.permitsTies { #expect(result.isTopClassEqual) }
        #expect(result.logitsCorrelation >= bars.logits)
        #expect(result.mapCorrelations.allSatisfy { $0 >= bars.maps })
      }
    }
  }

  /// What C gets is what Swift gets: probabilities, saliency, drawings.
  @Test func answersAreTheLibrarysOwn() throws {
    let photo = try Image(decoding: fileBytes("\(Fixtures.package)/Tests/Fixtures/photos/espresso.jpg"))
    let explainer = try Explainer(Session(model: Model(path: Fixtures.bundledModel)))
    let explained = try explainer.explain(photo) { largest(2, of: $0) }
    let library = try Library(model: Fixtures.bundledModel)
    let answer = try library.explain(photo.pixels, width: photo.width, height: photo.height, nil, count: 2)
    #expect(answer.logits == explained.explanation.logits)
    #expect(answer.maps == explained.explanation.maps.map(\.values))
    #expect(answer.probabilities == explainer.session.probabilities(answer.logits))
    #expect(answer.saliency == (0..<2).map { SaliencyMap(explained.saliency($0)).values })
    #expect(answer.overlay == Renderer().overlay(photo, explained.saliency(0), isFramed: true).pixels)
  }

  /// Errors of each kind, in one line that names what is wrong.
  @Test func errorsAreNamed() throws {
    var error = ttame_error()
    func text() -> String {
      withUnsafeBytes(of: &error) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    }
    var model: OpaquePointer?
    #expect(ttame_model_open("/nowhere.safetensors", &model, &error) == TTAME_FILE)
    #expect(text() == "/nowhere.safetensors: no such file")
    #expect(ttame_model_open("\(Fixtures.package)/README.md", &model, &error) == TTAME_MODEL)
    #expect(model == nil)
    #expect(ttame_model_open(Fixtures.bundledModel, nil, &error) == TTAME_ARGUMENT)
    try #require(ttame_model_open(Fixtures.bundledModel, &model, &error) == TTAME_OK)
    defer { ttame_model_close(model) }
    var session: OpaquePointer?
    #expect(ttame_session_open(model, 1025, nil, &session, &error) == TTAME_ARGUMENT)
    #expect(text() == "1025 threads; 0 to 1024 are possible")
    #expect(ttame_session_open(model, 1, "lcam", &session, &error) == TTAME_UNSUPPORTED)
    #expect(ttame_session_open(model, 1, "magic", &session, &error) == TTAME_ARGUMENT)
    var index: Int32 = 0
    #expect(ttame_model_find_class(model, "golden retriever", &index, &error) == TTAME_OK)
    #expect(index == 207)
    #expect(ttame_model_find_class(model, "no such thing", &index, &error) == TTAME_CLASS)
    #expect(index == -1)
    var image: OpaquePointer?
    let pixels = [UInt8](repeating: 7, count: 64)
    #expect(ttame_image_create(pixels, 4, 4, 11, &image, &error) == TTAME_ARGUMENT)
    #expect(text() == "stride is 11 bytes; a row of 4 pixels has 12")
    #expect(ttame_image_create(pixels, 20000, 1, 0, &image, &error) == TTAME_IMAGE)
    #expect(ttame_image_decode(pixels, pixels.count, &image, &error) == TTAME_IMAGE)
    #expect(text().hasPrefix("picture is not a supported image"))
    #expect(image == nil)
  }

  /// Rows may be apart from each other, on the way in and on the way out.
  @Test func stridesAreKept() throws {
    let pixels = (0..<40).map { UInt8($0) }
    var image: OpaquePointer?
    try #require(ttame_image_create(pixels, 2, 4, 10, &image, nil) == TTAME_OK)
    defer { ttame_image_close(image) }
    var packed = [UInt8](repeating: 255, count: 24)
    try #require(ttame_image_pixels(image, &packed, packed.count, 0, nil) == TTAME_OK)
    #expect(packed == (0..<4).flatMap { row in (0..<6).map { UInt8(10 * row + $0) } })
    var spread = [UInt8](repeating: 255, count: 7 * 3 + 6)
    try #require(ttame_image_pixels(image, &spread, spread.count, 7, nil) == TTAME_OK)
    #expect(spread[6] == 255 && spread[7] == 10 && spread[26] == 35)
    #expect(ttame_image_pixels(image, &spread, spread.count - 1, 7, nil) == TTAME_ARGUMENT)
  }

  /// A long text is cut where a character ends.
  @Test func longErrorsAreCut() {
    var error = ttame_error()
    cttame_set_error(&error, String(repeating: "a", count: 510) + "é")
    let bytes = withUnsafeBytes(of: &error) { Array($0) }
    #expect(bytes[..<510].allSatisfy { $0 == UInt8(ascii: "a") })
    #expect(bytes[510...].allSatisfy { $0 == 0 })
  }
}

/// A model and a session by the C functions.
private final class Library {
  struct Answer {
    var logits, probabilities: [Float]
    var maps, saliency: [[Float]]
    var overlay: [UInt8]
  }

  private var model, session: OpaquePointer?

  init(model path: String) throws {
    try #require(ttame_model_open(path, &model, nil) == TTAME_OK)
    try #require(ttame_session_open(model, 0, nil, &session, nil) == TTAME_OK)
  }

  deinit {
    // In the wrong order, which does not matter.
    ttame_model_close(model)
    ttame_session_close(session)
  }

  func explain(
    _ pixels: [UInt8], width: Int, height: Int, _ classes: [Int]?, count: Int? = nil
  ) throws -> Answer {
    var image, answer, overlay: OpaquePointer?
    try #require(ttame_image_create(pixels, Int32(width), Int32(height), 0, &image, nil) == TTAME_OK)
    defer { ttame_image_close(image) }
    let wanted = classes?.map { Int32($0) }
    let count = count ?? wanted?.count ?? 1
    try #require(ttame_explain(session, image, wanted, count, &answer, nil) == TTAME_OK)
    defer { ttame_answer_close(answer) }
    #expect(ttame_answer_maps(answer) == count)
    let all = Int(ttame_model_classes(model))
    var result = Answer(
      logits: .init(repeating: 0, count: all), probabilities: .init(repeating: 0, count: all), maps: [], saliency: [],
      overlay: .init(repeating: 0, count: 3 * width * height))
    try #require(ttame_answer_logits(answer, &result.logits, all, nil) == TTAME_OK)
    try #require(ttame_answer_probabilities(answer, &result.probabilities, all, nil) == TTAME_OK)
    for map in 0..<count {
      var (mapWidth, mapHeight): (Int32, Int32) = (0, 0)
      try #require(ttame_answer_map(answer, map, nil, 0, &mapWidth, &mapHeight, nil) == TTAME_OK)
      var values = [Float](repeating: 0, count: Int(mapWidth * mapHeight))
      try #require(ttame_answer_map(answer, map, &values, values.count, nil, nil, nil) == TTAME_OK)
      result.maps.append(values)
      var saliency = [Float](repeating: -1, count: width * height)
      try #require(ttame_answer_saliency(answer, map, &saliency, saliency.count, nil) == TTAME_OK)
      result.saliency.append(saliency)
    }
    try #require(ttame_answer_draw(answer, 0, nil, nil, -1, &overlay, nil) == TTAME_OK)
    defer { ttame_image_close(overlay) }
    try #require(ttame_image_pixels(overlay, &result.overlay, result.overlay.count, 0, nil) == TTAME_OK)
    return result
  }
}
