/// A graph without the nodes that only change how an activation is stored: casts, Identity and Dropout, and pairs of
/// QuantizeLinear and DequantizeLinear. Rules then find the nodes that belong together.
///
/// A pair also cuts values off. Where its range begins with 0, exporters leave out the Relu before it, so it becomes one again,
/// or a Clip if the range is 0...6. Other upper ends are what calibration saw, and are left out.
struct ONNXTypeChanges {
  private(set) var graph: ONNXGraph
  /// Values that are gone, and those that stand for them.
  private var aliases: [String: String] = [:]
  /// The same for names of nodes.
  private var nodeAliases: [String: String] = [:]
  private var constants: Set<String>
  /// Activations that are never below 0.
  private var nonNegative: Set<String> = []
  /// The image in any order of its elements.
  private var pixels: Set<String>
  /// Scales and zero points of results of QuantizeLinear.
  private var quantizations: [String: Quantization] = [:]
  /// The only node that reads a value.
  private let readers: [String: ONNXNode]

  private struct Quantization: Equatable {
    var scales: [Float]
    var zeroPoints: [Float]
  }

  /// - Throws: `unsupportedNode` for scales that are not constant, or that differ within a pair.
  init(_ graph: ONNXGraph) throws(ImportError) {
    self.graph = graph
    constants = Set(graph.tensors.keys)
    pixels = Set(graph.inputs.map(\.name))
    var readers: [String: ONNXNode] = [:]
    var shared: Set<String> = []
    for node in graph.nodes {
      for name in Set(node.reads) where readers.updateValue(node, forKey: name) != nil { shared.insert(name) }
    }
    self.readers = readers.filter { !shared.contains($0.key) }
    self.graph.nodes = []
    for node in graph.nodes { try take(node.reading { aliases[$0] ?? $0 }, stored: node) }
    restoreOutput()
  }

  /// Adds what is gone to nodes of ours by the names that the file has for them.
  func named(_ nodes: [String: String]) -> [String: String] {
    nodes.merging(aliases.compactMapValues { nodes[$0] }) { own, _ in own }
      .merging(nodeAliases.compactMapValues { nodes[$0] }) { own, _ in own }
  }

  /// - Parameters:
  ///   - node: reads what is left.
  ///   - stored: as it is in the file.
  private mutating func take(_ node: ONNXNode, stored: ONNXNode) throws(ImportError) {
    let inputs = node.inputs.filter { !$0.isEmpty }
    guard let input = node.inputs.first, !input.isEmpty, let output = node.outputs.first, !output.isEmpty else {
      graph.nodes.append(node)
      return
    }
    // Shapes are computed at import, so that casts of them stay.
    guard node.opType != "Shape", !inputs.allSatisfy(constants.contains) else {
      constants.formUnion(node.outputs)
      graph.nodes.append(node)
      return
    }
    switch (node.quantizationType ?? node.opType, node.domain) {
    case ("Identity", ""), ("Dropout", ""): drop(node, for: input)
    case ("Cast", "") where ONNXElementType(rawValue: Int32(truncatingIfNeeded: node.int("to", 0)))?.isFloat == true:
      drop(node, for: input)
    case ("QuantizeLinear", _): try quantize(node, input, output)
    case ("DequantizeLinear", _): try dequantize(node, input, output, stored: stored.inputs[0])
    default:
      if isNonNegative(node) { nonNegative.formUnion(node.outputs) }
      if Self.reordering.contains(node.opType), pixels.contains(input) { pixels.insert(output) }
      graph.nodes.append(node)
    }
  }

  private mutating func drop(_ node: ONNXNode, for input: String) {
    aliases[node.outputs[0]] = input
    if !node.name.isEmpty { nodeAliases[node.name] = input }
  }

  private mutating func quantize(_ node: ONNXNode, _ input: String, _ output: String) throws(ImportError) {
    let range = try quantization(node)
    quantizations[output] = range
    let zeroPoint = node.inputs.count > 2 ? graph.tensors[node.inputs[2]] : nil
    let stated = ONNXElementType(rawValue: Int32(truncatingIfNeeded: node.int("output_dtype", 0)))
    let integers = (zeroPoint?.elementType ?? stated ?? .uint8).integerRange
    guard let integers, range.zeroPoints.allSatisfy({ $0 == integers.lowerBound }), !nonNegative.contains(input),
      !pixels.contains(input), !leadsToOutput(output)
    else { return drop(node, for: input) }
    let upper = (integers.upperBound - integers.lowerBound) * (range.scales.max() ?? 0)
    let isClip = range.scales.count == 1 && abs(upper - 6) < 6e-3
    nonNegative.insert(output)
    graph.nodes.append(
      ONNXNode(
        name: node.name.replacing("_QuantizeLinear", with: ""), opType: isClip ? "Clip" : "Relu", domain: "",
        inputs: [input], outputs: [output],
        attributes: isClip ? ["min": .float(0), "max": .float(6)] : [:]))
  }

  /// - Parameter stored: the value that the file has it read.
  private mutating func dequantize(
    _ node: ONNXNode, _ input: String, _ output: String, stored: String
  ) throws(ImportError) {
    let range = try quantization(node)
    if graph.inputs.contains(where: { $0.name == stored }), range.scales.count == 1 {
      // Pixels that the file reads as integers.
      let names = (difference: "\(output)/difference", zero: "\(output)/zero_point", scale: "\(output)/scale")
      graph.tensors[names.zero] = ONNXTensor(range.zeroPoints, shape: [], .float, name: names.zero)
      graph.tensors[names.scale] = ONNXTensor(range.scales, shape: [], .float, name: names.scale)
      graph.nodes.append(
        ONNXNode(
          name: "", opType: "Sub", domain: "", inputs: [input, names.zero], outputs: [names.difference],
          attributes: [:]))
      graph.nodes.append(
        ONNXNode(
          name: node.name, opType: "Mul", domain: "", inputs: [names.difference, names.scale], outputs: [output],
          attributes: [:]))
      return
    }
    if let other = quantizations[stored], other != range {
      throw .unsupportedNode("\(node)", reason: "its scale and zero point are not those of QuantizeLinear")
    }
    drop(node, for: input)
  }

  private func quantization(_ node: ONNXNode) throws(ImportError) -> Quantization {
    func floats(_ index: Int) throws(ImportError) -> [Float]? {
      guard node.inputs.indices.contains(index), !node.inputs[index].isEmpty else { return nil }
      guard let tensor = graph.tensors[node.inputs[index]] else {
        throw .unsupportedNode("\(node)", reason: "input \(index) is not in the file; export with static quantization")
      }
      do { return try tensor.floats() } catch { throw .onnx(error) }
    }
    guard let scales = try floats(1) else { throw .unsupportedNode("\(node)", reason: "the scale is missing") }
    let zeroPoints = try floats(2) ?? [Float](repeating: 0, count: scales.count)
    guard !scales.isEmpty, zeroPoints.count == scales.count else {
      throw .unsupportedNode("\(node)", reason: "scales and zero points differ in number")
    }
    return Quantization(scales: scales, zeroPoints: zeroPoints)
  }

  /// Whether nothing but the end of a classifier follows: what bounds its logits is calibration, no function.
  private func leadsToOutput(_ value: String) -> Bool {
    var value = value
    for _ in 0..<Self.longestEnd {
      if graph.outputs.contains(where: { $0.name == value }) { return true }
      guard let reader = readers[value], Self.ends.contains(reader.opType), let output = reader.outputs.first else {
        return false
      }
      value = output
    }
    return false
  }

  /// What classifiers end in behind their last layer.
  private static let ends: Set = [
    "QuantizeLinear", "DequantizeLinear", "Identity", "Cast", "Flatten", "Reshape", "Squeeze", "Softmax", "Sigmoid",
  ]
  private static let longestEnd = 16
  private static let reordering: Set = ["Transpose", "Reshape", "Squeeze", "Unsqueeze"]

  /// Operators whose results are never below 0.
  private static let nonNegative: Set = [
    "Relu", "Sigmoid", "HardSigmoid", "Softmax", "Exp", "Sqrt", "Abs", "ReduceL2",
  ]
  /// Operators whose results are not below 0 where their first input is not.
  private static let keeping: Set = [
    "MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceSum", "ReduceMax", "Reshape",
    "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Split", "Gather", "Expand", "Tile", "DepthToSpace",
    "SpaceToDepth",
  ]
  /// Operators whose results are not below 0 where none of their inputs is.
  private static let joining: Set = ["Add", "Mul", "Div", "Concat", "Max", "Sum"]

  private func isNonNegative(_ node: ONNXNode) -> Bool {
    guard node.domain.isEmpty else { return false }
    if Self.nonNegative.contains(node.opType) { return true }
    if Self.keeping.contains(node.opType) { return nonNegative.contains(node.inputs[0]) }
    if Self.joining.contains(node.opType) {
      if node.opType == "Mul", node.inputs[0] == node.inputs.last { return true }
      return node.inputs.allSatisfy { nonNegative.contains($0) || number($0).map { $0 >= 0 } == true }
    }
    if node.opType == "Pow" { return node.inputs.count > 1 && number(node.inputs[1]) == 2 }
    guard node.opType == "Clip" else { return false }
    if nonNegative.contains(node.inputs[0]) { return true }
    let lower = (node.inputs.count > 1 ? number(node.inputs[1]) : nil) ?? node.float("min", -1)
    return lower >= 0
  }

  /// A constant of one element.
  private func number(_ name: String) -> Float? {
    graph.tensors[name].flatMap { $0.count == 1 ? try? $0.floats()[0] : nil }
  }

  /// Has the graph's output be called as before.
  private mutating func restoreOutput() {
    guard let output = graph.outputs.first?.name, let value = aliases[output] else { return }
    guard graph.nodes.contains(where: { $0.outputs.contains(value) }) else {
      let node = ONNXNode(
        name: "", opType: "Identity", domain: "", inputs: [value], outputs: [output], attributes: [:])
      graph.nodes.append(node)
      return
    }
    func renamed(_ name: String) -> String { name == value ? output : name }
    aliases[output] = nil
    aliases = aliases.mapValues(renamed)
    nodeAliases = nodeAliases.mapValues(renamed)
    aliases[value] = output
    graph.nodes = graph.nodes.map { $0.reading(renamed).writing(renamed) }
  }
}

extension ONNXElementType {
  fileprivate var isFloat: Bool {
    switch self {
    case .float, .float16, .bfloat16, .double: true
    default: false
    }
  }
}

extension ONNXNode {
  /// Whether it computes with integers that stand for floats.
  var isQuantized: Bool {
    let others: Set = [
      "ConvInteger", "MatMulInteger", "MatMulIntegerToFloat", "DynamicQuantizeLinear", "DynamicQuantizeMatMul",
      "DynamicQuantizeLSTM", "QGemm", "QAttention",
    ]
    return opType.hasPrefix("QLinear") || others.contains(opType)
  }

  /// QuantizeLinear or DequantizeLinear, which onnxruntime also has in a domain of its own.
  fileprivate var quantizationType: String? {
    ["QuantizeLinear", "DequantizeLinear"].contains(opType) && ["", "com.microsoft"].contains(domain) ? opType : nil
  }

  fileprivate func reading(_ name: (String) -> String) -> ONNXNode {
    ONNXNode(
      name: self.name, opType: opType, domain: domain, inputs: inputs.map(name), outputs: outputs,
      attributes: attributes)
  }

  fileprivate func writing(_ name: (String) -> String) -> ONNXNode {
    ONNXNode(
      name: self.name, opType: opType, domain: domain, inputs: inputs, outputs: outputs.map(name),
      attributes: attributes)
  }
}

extension ONNXTranslator {
  /// Of constants, which are folded where they can be.
  static let quantizationRules: [String: Rule] = [
    "QuantizeLinear": scaleOfConstant, "DequantizeLinear": scaleOfConstant,
  ]

  private static let scaleOfConstant: Rule = { translator, node throws(ImportError) in
    throw translator.unsupported(node, "one scale is needed, or one for each index of a dimension; no blocks")
  }
}
