extension HeadForm {
  /// The layers that the head reads.
  func layers(of model: ModelDescription) -> [FeatureLayer] {
    switch self {
    case .ttame: model.featureLayers
    case .lcam: model.featureLayers.suffix(1)
    }
  }

  /// Channels of the layers that the head reads.
  func channels(of model: Model) -> [Int] {
    layers(of: model.description).compactMap { model.shapes[$0.node]?.channels }
  }
}
