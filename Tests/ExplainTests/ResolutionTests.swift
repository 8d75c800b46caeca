import Testing

@testable import Explain

/// Networks for other input sizes, and the maps that they make.
@Suite struct ResolutionTests {
  private let session: Session
  private let photo: Image

  init() throws {
    session = Session(model: try Model(path: Fixtures.bundledModel))
    photo = try Image(decoding: fileBytes("\(Fixtures.package)/Tests/Fixtures/photos/espresso.jpg"))
  }

  private func input(details: [PixelSize] = []) -> MethodInput {
    let preprocessing = session.model.description.preprocessing
    var input = MethodInput(preprocessing.crop(photo).image, preprocessing)
    input.details = details.map { preprocessing.resized(toSide: $0.width).crop(photo).image }
    return input
  }

  @Test func theUsualSizeChangesNothing() throws {
    let model = try session.model.resized(toSide: 224)
    #expect(model.description == session.model.description && model.shapes == session.model.shapes)
    let resized = try MethodChoice(.ttame, side: 224).makeMethod(session, MethodOptions())
    let usual = try MethodChoice(.ttame).makeMethod(session, MethodOptions())
    let (found, expected) = (
      try resized.explain(input()) { largest(1, of: $0) }, try usual.explain(input()) { largest(1, of: $0) }
    )
    #expect(found.maps == expected.maps && found.logits == expected.logits)
    #expect(found.passes == PassCount(forward: 2))
  }

  @Test(arguments: [(320, 40), (448, 56), (160, 20), (96, 12)])
  func mapsGrowWithTheInput(_ side: Int, _ mapSide: Int) throws {
    let method = try MethodChoice(.ttame, side: side).makeMethod(session, MethodOptions())
    let found = try method.explain(input(details: [PixelSize(side: side)])) { largest(2, of: $0) }
    let usual = try session.explain(input().values) { largest(2, of: $0) }
    #expect(found.logits == usual.logits && found.maps.map(\.classIndex) == usual.maps.map(\.classIndex))
    #expect(found.maps.allSatisfy { $0.height == mapSide && $0.width == mapSide })
    let (own, other) = (
      SaliencyMap(found.maps[0].normalized(), crop: 224), SaliencyMap(usual.maps[0].normalized(), crop: 224)
    )
    #expect(correlation(own.values, other.values) > 0.3)
  }

  /// The picture's own pixels are used where they are there, and otherwise those of the crop.
  @Test func detailsAreSeen() throws {
    let method = try MethodChoice(.cam, side: 448).makeMethod(session, MethodOptions())
    func map(_ details: [PixelSize]) throws -> ClassMap {
      try method.explain(input(details: details)) { largest(1, of: $0) }.maps[0]
    }
    let (sharp, enlarged) = (try map([448]), try map([320]))
    #expect(try map([320, 448]) == sharp && sharp.values != enlarged.values)
    #expect(correlation(sharp.values, enlarged.values) > 0.5)
  }

  @Test func networksOfOneSizeSaySo() throws {
    let network = RandomNetwork(layers: ["whole": (outputs: 4, inputs: 3, kernel: 8)]) { graph in
      try graph.convolution("whole", graph.input, outputChannels: 4, kernel: 8, normalization: nil)
    }
    let model = try network.model(.float32, channels: 4)
    #expect(throws: Never.self) { try model.resized(toSide: 8) }
    let error = #expect(throws: InputSizeError.self) { try model.resized(toSide: 4) }
    #expect(error?.description == "the layer whole is for one input size alone")
  }

  @Test(arguments: [
    ("ttame", MethodChoice(.ttame)), ("cam@320", MethodChoice(.cam, side: 320)),
    ("gradcam++", MethodChoice(.gradCAMPlusPlus)), ("gradcam+++4", MethodChoice(.gradCAMPlusPlus, refinedIn: 4)),
    ("gradcam++@64+4", MethodChoice(.gradCAMPlusPlus, side: 64, refinedIn: 4)),
    ("ttame+1", nil), ("ttame@31", nil), ("ttame@2049", nil), ("ttame@", nil), ("ttame+8@320", nil), ("@320", nil),
    ("ttame@320@320", nil), ("ttame+4+4", nil), ("", nil),
  ])
  func choicesAreReadAndWritten(_ text: String, _ choice: MethodChoice?) {
    #expect(MethodChoice(rawValue: text) == choice)
    if let choice { #expect(choice.rawValue == text) }
  }
}

/// Position embeddings of a Vision Transformer for another input.
@Suite(.enabled(if: Shared.isPresent, "../shared with the golden files is not here"))
struct ResolutionOfTransformersTests {
  @Test(arguments: [(320, 20), (96, 6)]) func positionsAreResampled(_ side: Int, _ grid: Int) throws {
    let path = try ImportedModels.path("models/vit_tiny_16.safetensors", golden: "vit_tiny_16", precision: .float32)
    let model = try Model(path: path)
    let resized = try model.resized(toSide: side)
    let tokens = try #require(model.description.graph.nodes.first { $0.op is TokenEmbedding })
    let other = try #require(resized.description.graph.nodes.first { $0.op is TokenEmbedding })
    #expect(resized.shapes[tokens.name] == Shape(1, 1 + grid * grid, 192))
    let (old, new) = (
      model.floats((tokens.op as! TokenEmbedding).positions), resized.floats((other.op as! TokenEmbedding).positions)
    )
    #expect((0..<192).allSatisfy { old[$0] == new[$0] })
    // timm 1.0.31, resample_abs_pos_embed, at some tokens and channels.
    let expected: [(token: Int, channel: Int, value: Float)] = [
      (1, 0, 0.3841), (1, 1, 0.0691), (1, 2, -0.4164), (57, 50, 0.0788), (400, 191, -0.0103), (210, 7, 0.0162),
    ]
    for (token, channel, value) in expected where side == 320 {
      #expect(abs(new[token * 192 + channel] - value) < 1e-4, "\(token), \(channel)")
    }
    let error = #expect(throws: InputSizeError.self) { try model.resized(toSide: 2048) }
    if case .graph = error {} else { Issue.record("\(String(describing: error))") }
    let session = Session(model: model)
    let method = try MethodChoice(.gradientAttention, side: side).makeMethod(session, MethodOptions())
    let input = MethodInput(try Fixtures.crop("cat", session), model.description.preprocessing)
    let map = try method.explain(input) { largest(1, of: $0) }.maps[0]
    #expect(map.height == grid && map.width == grid)
  }
}
