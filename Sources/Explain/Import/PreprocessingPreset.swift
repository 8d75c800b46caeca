/// Preprocessing that the networks of a library or a framework share. The side of the input is the network's own.
public enum PreprocessingPreset: String, CaseIterable, Sendable {
  case torchvision, timm, tensorflow, caffe, yolo, clip
}

extension PreprocessingPreset {
  /// Everything but the side of the input.
  var hints: PreprocessingHints {
    switch self {
    case .torchvision: Self.hints(resize: 8.0 / 7, .bilinear, mean: Self.imageNetMean, std: Self.imageNetStd)
    case .timm: Self.hints(resize: 8.0 / 7, .bicubic, mean: Self.imageNetMean, std: Self.imageNetStd)
    case .tensorflow:
      Self.hints(.bilinear, antialias: false, .squash, mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5])
    case .caffe:
      // Pixels stay in 0...255, less the mean.
      Self.hints(
        .bilinear, antialias: false, .squash, .bgr, mean: [123.68, 116.779, 103.939].map { $0 / 255 },
        std: [1.0 / 255, 1.0 / 255, 1.0 / 255])
    case .yolo: Self.hints(.bilinear, fill: [114, 114, 114], mean: [0, 0, 0], std: [1, 1, 1])
    case .clip:
      Self.hints(
        .bicubic, mean: [0.48145466, 0.4578275, 0.40821073], std: [0.26862954, 0.26130258, 0.27577711])
    }
  }

  private static let imageNetMean: [Float] = [0.485, 0.456, 0.406]
  private static let imageNetStd: [Float] = [0.229, 0.224, 0.225]

  private static func hints(
    resize: Double = 1, _ interpolation: Interpolation, antialias: Bool = true, _ fit: Fit = .crop,
    _ color: ColorOrder = .rgb, fill: [UInt8]? = nil, mean: [Float], std: [Float]
  ) -> PreprocessingHints {
    PreprocessingHints(
      resize: .multiple(resize), interpolation: interpolation, antialias: antialias, fit: fit, fill: fill,
      color: color, mean: mean, std: std)
  }
}
