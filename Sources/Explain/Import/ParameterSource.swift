/// A tensor that is stored in the model as it was trained: LayerNorm's, and a Vision Transformer's embeddings.
struct ParameterSource {
  /// Name in the model file.
  var name: String
  /// Shape in the model file; without the dimensions of length 1 that it may have in the state dict.
  var shape: [Int]
  var tensor: String
  var state: StateDict

  var declaration: SafetensorsWriter.Declaration { SafetensorsWriter.Declaration(name, .f32, shape) }

  func write(to output: SafetensorsWriter, at path: String) throws(ImportError) {
    let values = try state.floats(tensor)
    guard values.allSatisfy(\.isFinite) else { throw .notFinite(tensor: state.fullName(tensor)) }
    do { try output.write(values, to: name) } catch { throw .output(path: path, error) }
    state.release(tensor, 0..<values.count)
  }
}
