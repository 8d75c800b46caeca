import Kernels

/// Checks a description against the tensors of its file.
struct ModelValidator {
  private let model: ModelDescription
  private let tensors: Safetensors

  init(_ model: ModelDescription, _ tensors: Safetensors) {
    self.model = model
    self.tensors = tensors
  }

  /// Checks everything; returns the shape of every node.
  func validate() throws(ModelError) -> [String: Shape] {
    let shapes: [String: Shape]
    do { shapes = try model.graph.inferShapes() } catch { throw .graph(error) }
    for node in model.graph.nodes { try check(node, shapes) }
    try checkClasses(shapes)
    try checkPreprocessing()
    if let problem = model.rejection?.problem { throw .badDescription("rejection: \(problem)") }
    for layer in model.featureLayers {
      guard shapes[layer.node] != nil else { throw .badFeatureLayer(name: layer.name, node: layer.node) }
    }
    if let head = model.head { try check(head, shapes) }
    return shapes
  }

  private func checkClasses(_ shapes: [String: Shape]) throws(ModelError) {
    let output = shapes[model.graph.output] ?? Shape(0, 0, 0)
    guard model.classes > 0, output == Shape(1, 1, model.classes) else {
      throw .wrongClassCount(classes: model.classes, output: output)
    }
    guard model.labels.isEmpty || model.labels.count == model.classes else {
      throw .wrongLabelCount(labels: model.labels.count, classes: model.classes)
    }
  }

  private func checkPreprocessing() throws(ModelError) {
    do { try model.preprocessing.validate() } catch { throw .preprocessing(error) }
    let crop = model.preprocessing.crop
    guard model.graph.inputShape == Shape(crop.height, crop.width, model.preprocessing.channels) else {
      throw .wrongInputShape(model.graph.inputShape, crop: crop)
    }
  }
}

extension ModelValidator {
  private func check(_ node: Node, _ shapes: [String: Shape]) throws(ModelError) {
    let inputs = node.inputs.compactMap { shapes[$0] }
    for use in node.op.tensors(inputs, model.precision) { try check(use, node: node.name) }
  }

  private func check(_ head: HeadDescription, _ shapes: [String: Shape]) throws(ModelError) {
    guard head.branches.count == model.featureLayers.count, !head.branches.isEmpty else {
      throw .wrongBranchCount(branches: head.branches.count, featureLayers: model.featureLayers.count)
    }
    func layout(_ channels: Int, _ precision: Precision? = nil) -> TensorLayout {
      TensorLayout(
        .dense, kernelHeight: 1, kernelWidth: 1, inputChannels: channels, outputChannels: model.classes,
        precision: precision ?? model.precision)
    }
    for (index, branch) in head.branches.enumerated() {
      let found = shapes[branch.node]
      guard let expected = shapes[model.featureLayers[index].node], found == expected else {
        let expected = shapes[model.featureLayers[index].node] ?? Shape(0, 0, 0)
        throw .badBranch(index: index, node: branch.node, expected: expected, found: found)
      }
      guard let fuse = branch.fuse else { continue }
      let owner = "head branch \(index)"
      let tensors = layout(expected.channels, fuse.precision)
      try check(tensors.weight(fuse.weight), node: owner)
      let scale = TensorUse.optional(fuse.scale, role: "scale", isNeeded: tensors.hasScale, tensors.scale)
      if let scale { try check(scale, node: owner) }
    }
    try check(layout(1).bias(head.bias), node: "head")
  }

  private func check(_ use: TensorUse, node: String) throws(ModelError) {
    switch use {
    case .needed(let required): try check(required, node: node)
    case .unnamed(let role): throw .missingTensorName(node: node, role: role)
    case .superfluous(let role): throw .unexpectedTensorName(node: node, role: role)
    }
  }

  private func check(_ required: TensorRequirement, node: String) throws(ModelError) {
    guard let entry = tensors.entries[required.name], let bytes = tensors.bytes(of: required.name) else {
      throw .missingTensor(node: node, tensor: required.name)
    }
    guard entry.dtype == required.dtype else {
      throw .wrongDType(tensor: required.name, expected: required.dtype, found: entry.dtype)
    }
    guard entry.shape == required.shape else {
      throw .wrongShape(tensor: required.name, expected: required.shape, found: entry.shape)
    }
    // Files start on a page, so an offset's alignment is an address's.
    let alignment = SafetensorsLayout.alignment(entry.byteRange.count)
    guard entry.byteRange.lowerBound % alignment == 0 else {
      throw .misaligned(tensor: required.name, alignment: alignment)
    }
    switch required.content {
    case .weights, .columnSums: return
    case .scales: try checkValues(required, bytes, "a positive scale") { $0 >= .leastNormalMagnitude }
    case .biases: try checkValues(required, bytes, "a finite bias") { _ in true }
    case .parameters: try checkValues(required, bytes, "a finite value") { _ in true }
    }
  }

  /// Real channels must be finite and satisfy `isGood`; padding must be zero, for kernels compute it too.
  private func checkValues(
    _ required: TensorRequirement, _ bytes: UnsafeRawBufferPointer, _ expected: String, _ isGood: (Float) -> Bool
  ) throws(ModelError) {
    for (index, value) in bytes.bindMemory(to: Float.self).enumerated() {
      let isPadding = index >= required.used
      guard isPadding ? value == 0 : value.isFinite && isGood(value) else {
        throw .badValue(
          tensor: required.name, index: index, value: value, expected: isPadding ? "0 in the padding" : expected)
      }
    }
  }
}
