import Foundation
import Testing

@testable import Explain

/// Preprocessing and classes that files beside the weights tell.
@Suite struct FoundSettingsTests {
  private static let usual = Preprocessing(
    resize: 256, crop: 224, interpolation: .bilinear, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225])

  private static func expected(
    _ fit: Fit, resize: Int = 256, crop: PixelSize = 224, _ interpolation: Interpolation = .bilinear,
    mean: Float? = nil, std: Float? = nil, _ color: ColorOrder = .rgb
  ) -> Preprocessing {
    var rule = usual
    (rule.fit, rule.resize, rule.crop, rule.interpolation) = (fit, resize, crop, interpolation)
    if let mean { rule.mean = [Float](repeating: mean, count: color.channels.count) }
    if let std { rule.std = [Float](repeating: std, count: color.channels.count) }
    rule.color = color
    return rule
  }

  struct Example: Sendable, CustomTestStringConvertible {
    let text: String
    let rule: Preprocessing

    init(_ text: String, _ rule: Preprocessing) { (self.text, self.rule) = (text, rule) }

    var testDescription: String { text }
  }

  @Test(arguments: [
    // ViT, in the newer and the older spelling.
    Example(
      """
      {"do_normalize": true, "do_rescale": true, "do_resize": true, "image_mean": [0.5, 0.5, 0.5],
       "image_processor_type": "ViTImageProcessor", "image_std": [0.5, 0.5, 0.5], "resample": 2,
       "rescale_factor": 0.00392156862745098, "size": {"height": 224, "width": 224}}
      """, expected(.squash, resize: 224, mean: 0.5, std: 0.5)),
    Example(
      #"{"feature_extractor_type": "ViTFeatureExtractor", "size": 224, "resample": 3}"#,
      expected(.squash, resize: 224, .bicubic)),
    // DeiT is squashed, then cropped.
    Example(
      #"{"size": {"height": 256, "width": 256}, "do_center_crop": true, "crop_size": 224, "resample": 3}"#,
      expected(.squashCrop, .bicubic)),
    Example(
      #"{"image_processor_type": "CLIPImageProcessor", "size": 240, "crop_size": {"height": 224, "width": 224}}"#,
      expected(.crop, resize: 240)),
    Example(#"{"size": {"shortest_edge": 256}, "crop_size": [224, 224]}"#, expected(.crop)),
    // ConvNeXt, small and large.
    Example(
      #"{"feature_extractor_type": "ConvNextFeatureExtractor", "size": 224, "crop_pct": 0.875, "resample": 3}"#,
      expected(.crop, .bicubic)),
    Example(
      #"{"image_processor_type": "ConvNextImageProcessor", "size": {"shortest_edge": 384}, "crop_pct": null}"#,
      expected(.squash, resize: 438, crop: 384)),
    // EfficientNet has its own offset; MobileViT blue first.
    Example(
      #"{"size": {"height": 240, "width": 300}, "do_center_crop": false, "resample": 0, "do_normalize": false}"#,
      expected(.squash, resize: 240, crop: PixelSize(width: 300, height: 240), .nearest, mean: 0, std: 1)),
    Example(
      #"{"rescale_factor": 0.00784313725490196, "rescale_offset": true, "do_normalize": false}"#,
      expected(.crop, mean: 0.5, std: 0.5)),
    Example(
      #"{"do_rescale": false, "image_mean": 127.5, "image_std": 127.5, "do_flip_channel_order": true}"#,
      expected(.crop, mean: 0.5, std: 0.5, .bgr)),
    Example(#"{"do_resize": false, "crop_size": 192, "do_center_crop": true}"#, expected(.none, crop: 192)),
    Example(#"{"image_processor_type": "LevitImageProcessor", "size": {"shortest_edge": 224}}"#, expected(.crop)),
    Example("{}", usual),
  ]) func processors(_ example: Example) throws {
    let file = ConfigurationFile(path: "p", bytes: Array(example.text.utf8))
    let hints = try file.decoded(as: ProcessorConfiguration.self).hints(file)
    let found = hints.preprocessing(Self.usual)
    #expect(found.isClose(to: example.rule), "\(found)")
  }

  @Test(arguments: [
    Example(
      """
      {"architecture": "resnet50", "num_classes": 1000, "pretrained_cfg": {"input_size": [3, 224, 224],
       "test_input_size": [3, 288, 288], "interpolation": "bicubic", "crop_pct": 0.95, "test_crop_pct": 1.0,
       "crop_mode": "center", "mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}}
      """, expected(.crop, resize: 235, .bicubic, mean: 0.5, std: 0.5)),
    // The older form, without an object of its own.
    Example(
      #"{"architecture": "x", "num_classes": 2, "input_size": [3, 160, 192], "crop_pct": 1.0, "crop_mode": "squash"}"#,
      expected(.squash, resize: 160, crop: PixelSize(width: 192, height: 160), .bicubic)),
    Example(
      #"{"pretrained_cfg": {"input_size": [1, 224, 224], "crop_mode": "border", "interpolation": "bilinear"}}"#,
      expected(.letterbox, mean: 0.449, std: 0.226, .gray)),
    Example(
      #"{"pretrained_cfg": {"crop_pct": 0.5, "crop_mode": "squash"}}"#, expected(.squashCrop, resize: 448, .bicubic)),
    Example(#"{"model_type": "vit", "image_size": 384}"#, expected(.crop, resize: 438, crop: 384)),
    Example(#"{"model_type": "clip", "vision_config": {"image_size": 336}}"#, expected(.crop, resize: 384, crop: 336)),
    Example(
      #"{"model_type": "vit", "image_size": [224, 192], "num_channels": 1}"#,
      expected(.crop, crop: PixelSize(width: 192, height: 224), mean: 0.449, std: 0.226, .gray)),
    Example(#"{"image_size": 512, "editor": "a program's own settings"}"#, usual), Example("[1, 2]", usual),
  ]) func configurations(_ example: Example) throws {
    let file = ConfigurationFile(path: "c", bytes: Array(example.text.utf8))
    let hints = try file.decoded(as: ModelConfiguration.self).hints(file, input: nil)
    let found = hints.preprocessing(Self.usual)
    #expect(found.isClose(to: example.rule), "\(found)")
  }

  /// Weights that timm tests at another size are exported at one of the two.
  @Test func theTestSizeHasItsOwnCrop() throws {
    let text = #"""
      {"pretrained_cfg": {"input_size": [3, 224, 224], "test_input_size": [3, 288, 288], "crop_pct": 0.9, "test_crop_pct": 1.0}}
      """#
    let file = ConfigurationFile(path: "c", bytes: Array(text.utf8))
    let configuration = try file.decoded(as: ModelConfiguration.self)
    for (side, resize) in [(224, 248), (288, 288)] {
      let hints = try configuration.hints(file, input: PixelSize(side: side))
      #expect(hints.crop == PixelSize(side: side) && hints.preprocessing(Self.usual).resize == resize)
    }
  }

  @Test(
    arguments: [
      (#"{"id2label": {"1": "b", "0": "a"}}"#, ["a", "b"]),
      (#"{"model_type": "x", "id2label": {"0": "LABEL_0", "1": "LABEL_1"}}"#, nil), (#"{"model_type": "x"}"#, nil),
      (#"{"pretrained_cfg": {}, "label_names": ["a", "b"]}"#, ["a", "b"]),
      (
        #"{"pretrained_cfg": {"label_names": ["n01440764", "x"], "label_descriptions": {"n01440764": "tench", "x": "y"}}}"#,
        ["tench, n01440764", "y"]
      ),
    ] as [(String, [String]?)]) func classes(_ text: String, _ expected: [String]?) throws
  {
    let file = ConfigurationFile(path: "c", bytes: Array(text.utf8))
    #expect(try file.decoded(as: ModelConfiguration.self).labels(file) == expected)
  }

  @Test(
    arguments: [
      ("{0: 'tench', 1: \"a dog's\", 2: 'x\\ty \\\\ \\xe9\\u20ac',}", ["tench", "a dog's", "x\ty \\ \u{E9}\u{20AC}"]),
      ("{1: 'b', 0: 'a'}", ["a", "b"]), ("['a', \"b\"]", ["a", "b"]), (" [ 'a' , ] ", ["a"]), ("{}", []),
      ("{0: 'a'", nil), ("{0: 'a'} x", nil), ("{0: a}", nil), ("{1: 'b'}", nil), ("{0: 'a' 1: 'b'}", nil),
      ("['a\\q']", nil), ("['\\xzz']", nil), ("['a", nil), ("{99999999999999999999: 'a'}", nil), ("", nil),
      ("['\\ud800']", nil),
    ] as [(String, [String]?)]) func pythonLiterals(_ text: String, _ expected: [String]?)
  {
    #expect(PythonLiteral.labels(text) == expected)
  }

  @Test func ultralyticsOtherTasksAreNamed() throws {
    let values = ["names": "{0: 'a'}", "imgsz": "[64, 32]", "task": "classify"]
    let found = try #require(try UltralyticsMetadata(values))
    #expect(found.labels == ["a"] && found.hints.crop == PixelSize(width: 32, height: 64))
    #expect(try UltralyticsMetadata(["names": "x"]) == nil)
    let refusal = #expect(throws: ImportError.self) {
      try UltralyticsMetadata(values.merging(["task": "detect"]) { $1 })
    }
    #expect(refusal.map { "\($0)" } == "is an Ultralytics model for the task detect; only classify is supported")
    for (key, value) in [("names", "cats and dogs"), ("imgsz", "large"), ("imgsz", "[0, 2]")] {
      #expect(throws: ImportError.badMetadata(key: key, value: value)) {
        try UltralyticsMetadata(values.merging([key: value]) { $1 })
      }
    }
  }

  /// Options before a preset before metadata before the processor before the configuration.
  @Test func sourcesHaveAnOrder() throws {
    let folder = try TemporaryFolder()
    var weights = SyntheticWeights.resNet18(classes: 3)
    weights.metadata = ["interpolation": "nearest"]
    try weights.writeZeros(folder.file("w"))
    let processor = #"{"size": {"shortest_edge": 250}, "crop_size": 208, "resample": 3, "image_mean": [0.1, 0.2, 0.3]}"#
    _ = try folder.write("preprocessor_config.json", Array(processor.utf8))
    let configuration = #"{"model_type": "resnet", "image_size": 64, "id2label": {"0": "a", "1": "b", "2": "c"}}"#
    _ = try folder.write("config.json", Array(configuration.utf8))
    var options = ImportOptions()
    options.std = [0.5]
    let found = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    #expect(
      found.description.preprocessing
        == Preprocessing(
          resize: 250, crop: 208, interpolation: .nearest, mean: [0.1, 0.2, 0.3], std: [0.5, 0.5, 0.5]))
    #expect(found.description.labels == ["a", "b", "c"] && found.labels == "config.json")
    #expect(
      found.preprocessing.map(\.source) == [
        "preprocessor_config.json", "preprocessor_config.json", "preprocessor_config.json", "the metadata",
        "preprocessor_config.json", "options",
      ])
    options.preset = .clip
    let preset = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    #expect(preset.description.preprocessing.interpolation == .bicubic)
    #expect(preset.description.preprocessing.crop == 208 && preset.description.preprocessing.resize == 208)
    #expect(preset.description.preprocessing.std == [0.5, 0.5, 0.5])
  }

  @Test func labelsThatDoNotFitAreSaid() throws {
    let folder = try TemporaryFolder()
    try SyntheticWeights.resNet18(classes: 3).writeZeros(folder.file("w"))
    _ = try folder.write("config.json", Array(#"{"id2label": {"0": "a", "1": "b"}}"#.utf8))
    let found = try importModel(from: folder.file("w"), to: folder.file("m"))
    #expect(found.description.labels.isEmpty && found.labels == nil)
    #expect(found.unusedLabels == UnusedLabels(origin: "config.json", count: 2))
    var options = ImportOptions()
    options.labelOffset = 1
    let shifted = try importModel(from: folder.file("w"), to: folder.file("m"), options: options)
    #expect(shifted.description.labels == ["background", "a", "b"] && shifted.unusedLabels == nil)
  }

  /// Weights with one channel are found by `num_channels`, or by an option.
  @Test func oneChannelOfWeights() throws {
    let folder = try TemporaryFolder()
    var weights = SyntheticWeights.resNet18(classes: 3)
    weights.shapes["conv1.weight"] = [64, 1, 7, 7]
    try weights.writeZeros(folder.file("w"))
    #expect(throws: ImportError.wrongShape(tensor: "conv1.weight", expected: [64, 3, 7, 7], found: [64, 1, 7, 7])) {
      try importModel(from: folder.file("w"), to: folder.file("m"))
    }
    var options = ImportOptions()
    (options.color, options.crop) = (.gray, PixelSize(width: 320, height: 160))
    let given = try importModel(from: folder.file("w"), to: folder.file("m"), options: options).description
    #expect(given.graph.inputShape == Shape(160, 320, 1) && given.preprocessing.mean.count == 1)
    #expect(try Model(path: folder.file("m")).description == given)
    _ = try folder.write("config.json", Array(#"{"model_type": "resnet", "num_channels": 1}"#.utf8))
    let found = try importModel(from: folder.file("w"), to: folder.file("m")).description
    #expect(found.preprocessing.color == .gray && found.graph.inputShape == Shape(224, 224, 1))
  }
}

extension Preprocessing {
  /// Whether the two are the same but for rounding.
  fileprivate func isClose(to other: Preprocessing) -> Bool {
    var copy = self
    guard mean.count == other.mean.count, std.count == other.std.count else { return false }
    guard zip(mean + std, other.mean + other.std).allSatisfy({ abs($0 - $1) < 1e-5 }) else { return false }
    (copy.mean, copy.std) = (other.mean, other.std)
    return copy == other
  }
}
