import Kernels

/// Writes a model with another head: the classifier's tensors as they are, the head quantized as the model is.
///
/// - Parameters:
///   - head: path of a trained head's tensors.
///   - branchLimit: channels above which a branch is written without its convolution.
///   - featureMeans: of the channels of each feature layer, to take out of the biases what quantization puts into them.
///   - output: may be the model's own path.
func replaceHead(
  of model: Model, with head: String, branchLimit: Int? = nil, featureMeans: [[Float]], record: TrainingRecord?,
  output: String
) throws(ImportError) {
  var description = model.description
  let prefix = HeadDescription.prefix
  let old = description.graph.nodes.filter { $0.name.hasPrefix(prefix) }
  description.graph.nodes.removeAll { $0.name.hasPrefix(prefix) }
  let shapes = model.shapes.filter { name, _ in !old.contains { $0.name == name } }
  let imported: ImportedHead
  var graph: GraphBuilder
  do throws(ImportError) {
    let trained = try TrainedHead(path: head, branchLimit: branchLimit)
    graph = GraphBuilder(
      continuing: description.graph, shapes: shapes, featureLayers: description.featureLayers,
      state: trained.state, precision: description.precision)
    imported = try trained.append(to: &graph, classes: description.classes)
  } catch { throw .head(path: head, error) }
  var means: [String: [Double]] = [:]
  for (index, values) in featureMeans.enumerated() {
    means["\(prefix)branch.\(index).conv"] = values.map(Double.init)
  }
  graph.setInputMeans(means)
  description.graph.nodes = graph.nodes
  description.head = imported.description
  description.head?.training = record
  let kept = KeptTensors(model: model, entries: model.entries.filter { !$0.name.hasPrefix(prefix) })
  _ = try write(description, graph, imported.bias, keeping: kept, to: output)
}

extension HeadDescription {
  /// Stands before the names of the nodes and tensors that belong to a head alone.
  package static let prefix = "head."
}
