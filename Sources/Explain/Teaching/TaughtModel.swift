extension Model {
  /// Writes this model with a taught classifier in the place of its own.
  ///
  /// - Parameters:
  ///   - preprocessing: how the photographs were read.
  ///   - name: of the new model.
  ///   - output: may be the model's own path.
  public func write(
    _ taught: TaughtClassifier, _ preprocessing: Preprocessing, name: String, to output: String
  ) throws(TeachingError) {
    guard let layer = ClassifierLayer(self) else {
      throw .noLinearClassifier(architecture: description.architecture)
    }
    do throws(ImportError) {
      try replaceClassifier(
        of: self, layer,
        by: NewClassifier(
          classifier: taught.classifier, labels: taught.classes, outputs: taught.outputs, preprocessing: preprocessing,
          name: name, rejection: taught.rejection, layers: taught.layers),
        output: output)
    } catch { throw .model(error) }
  }
}
