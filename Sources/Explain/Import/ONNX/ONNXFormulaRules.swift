import Glibc

// Functions of every element that several nodes write out, and layer normalization.

extension ONNXTranslator {
  static let formulaRules: [String: Rule] = [
    "Sigmoid": function, "HardSigmoid": function, "Tanh": function, "Erf": function, "Exp": function,
    "Sqrt": function, "Neg": function, "Reciprocal": function, "Clip": function, "Add": arithmetic,
    "Sub": arithmetic, "Mul": arithmetic, "Div": arithmetic, "Pow": arithmetic,
  ]

  private static let function: Rule = { translator, node throws(ImportError) in try translator.followFunction(node) }
  private static let arithmetic: Rule = { translator, node throws(ImportError) in
    try translator.followArithmetic(node)
  }

  /// What computes a node with whole tensors where it is part of nothing else.
  static let plainRules: [String: Rule] = [
    "Add": { translator, node throws(ImportError) in try translator.add(node) },
    "Sub": { translator, node throws(ImportError) in try translator.subtract(node) },
    "Mul": { translator, node throws(ImportError) in try translator.multiply(node) },
    "Div": { translator, node throws(ImportError) in try translator.divide(node) },
    "Pow": { translator, node throws(ImportError) in try translator.square(node) },
    "Clip": { translator, node throws(ImportError) in try translator.clip(node) },
    "HardSigmoid": { translator, node throws(ImportError) in try translator.hardSigmoid(node) },
  ]

  private mutating func followFunction(_ node: ONNXNode) throws(ImportError) {
    let function = try function(node)
    if node.opType == "Sigmoid", model.graph.outputs.first?.name == node.outputs[0] {
      // A sigmoid at the end makes a probability of a logit.
      let input = try activation(node, 0)
      outputs = .sigmoid
      return set(node, .activation(input))
    }
    guard let formula = formula(try value(node, 0)) else {
      let input = try activation(node, 0)
      return set(node, .formula(apply(function, to: ONNXFormula(.tensor(input)))))
    }
    set(node, .formula(apply(function, to: formula)))
  }

  private func apply(_ function: (Double) -> Double, to formula: ONNXFormula) -> ONNXFormula {
    ONNXFormula(formula.argument, values: formula.values.map(function), depth: formula.depth + 1)
  }

  /// Functions of one argument.
  private func function(_ node: ONNXNode) throws(ImportError) -> (Double) -> Double {
    switch node.opType {
    case "Sigmoid": return { 1 / (1 + exp(-$0)) }
    case "Tanh": return { tanh($0) }
    case "Erf": return { erf($0) }
    case "Exp": return { exp($0) }
    case "Sqrt": return { $0.squareRoot() }
    case "Neg": return { -$0 }
    case "Reciprocal": return { 1 / $0 }
    case "HardSigmoid":
      let (alpha, beta) = (Double(node.float("alpha", 0.2)), Double(node.float("beta", 0.5)))
      return { min(max(alpha * $0 + beta, 0), 1) }
    default:
      let bounds = try bounds(node)
      return { min(max($0, bounds.lower), bounds.upper) }
    }
  }

  /// Of a `Clip`.
  func bounds(_ node: ONNXNode) throws(ImportError) -> (lower: Double, upper: Double) {
    var (lower, upper) = (node.float("min", -.infinity), node.float("max", .infinity))
    if let bound = try constant(node, 1) { lower = try reading { () throws(ONNXError) in try bound.scalar() } ?? lower }
    if let bound = try constant(node, 2) { upper = try reading { () throws(ONNXError) in try bound.scalar() } ?? upper }
    return (Double(lower), upper >= Float.greatestFiniteMagnitude ? .infinity : Double(upper))
  }

  /// What is followed as a function; nil where the value is none, or where the chain has become too long.
  private func formula(_ value: ONNXValue) -> ONNXFormula? {
    switch value {
    case .activation(let activation): ONNXFormula(.tensor(activation))
    case .formula(let formula) where formula.depth < ONNXFormula.largestDepth: formula
    default: nil
    }
  }

  private mutating func followArithmetic(_ node: ONNXNode) throws(ImportError) {
    let (first, second) = (try value(node, 0), try value(node, 1))
    switch (first, second) {
    case (.constant(let constant), let value), (let value, .constant(let constant)):
      let isFirst = if case .constant = first { true } else { false }
      if try follow(node, value, constant, isFirst: isFirst) { return }
    default:
      if let first = formula(first), let second = formula(second), follow(node, first, second) { return }
    }
    guard let rule = Self.plainRules[node.opType] else {
      throw unsupported(node, "\(node.opType) is understood in activation functions and layer normalization alone")
    }
    try rule(&self, node)
  }

  /// Arithmetic of a value and a constant.
  private mutating func follow(
    _ node: ONNXNode, _ value: ONNXValue, _ constant: ONNXConstant, isFirst: Bool
  ) throws(ImportError) -> Bool {
    if case .normalized(var normalization) = value, follow(node, &normalization, constant) {
      set(node, .normalized(normalization))
      return true
    }
    if node.opType == "Add", let tokens = try positioned(value, constant) {
      set(node, .tokens(tokens))
      return true
    }
    if case .scores(var scores) = value, node.opType == "Add", scores.bias == nil, !scores.isSoftmax {
      scores.bias = constant
      set(node, .scores(scores))
      return true
    }
    guard let number = try scalar(constant, for: value) else { return false }
    if case .scores(var scores) = value, scores.bias == nil, !scores.isSoftmax,
      let factor = factor(node, number, isFirst)
    {
      scores.factor *= factor
      set(node, .scores(scores))
      return true
    }
    if case .view(var view) = value, isDeep(value) || isReadAsView(node), let factor = factor(node, number, isFirst) {
      view.factor *= factor
      set(node, .view(view))
      return true
    }
    var value = value
    if case .view = value { value = .activation(try activation(node, isFirst ? 1 : 0)) }
    guard let formula = formula(value) else { return false }
    let operation = Self.operation(node.opType)
    set(node, .formula(apply({ isFirst ? operation(number, $0) : operation($0, number) }, to: formula)))
    return true
  }

  /// Whether a node's result goes into a product, as queries and keys do; anything else reads a tensor.
  private func isReadAsView(_ node: ONNXNode) -> Bool {
    let reader = firstReading(node.outputs[0])?.node.opType
    return reader.map(["MatMul", "Transpose", "Reshape", "Slice", "Split", "Squeeze"].contains) ?? false
  }

  /// A constant's only element, where it does not give the value more dimensions.
  private func scalar(_ constant: ONNXConstant, for value: ONNXValue) throws(ImportError) -> Double? {
    guard constant.count == 1, constant.shape.count <= (lengths(value)?.count ?? constant.shape.count) else {
      return nil
    }
    return try reading { () throws(ONNXError) in try constant.scalar() }.map(Double.init)
  }

  /// What a node multiplies by.
  private func factor(_ node: ONNXNode, _ number: Double, _ isFirst: Bool) -> Double? {
    switch node.opType {
    case "Mul": number
    case "Div" where !isFirst && number != 0: 1 / number
    default: nil
    }
  }

  private static func operation(_ type: String) -> (Double, Double) -> Double {
    switch type {
    case "Add": { $0 + $1 }
    case "Sub": { $0 - $1 }
    case "Mul": { $0 * $1 }
    case "Div": { $0 / $1 }
    default: { pow($0, $1) }
    }
  }

  /// Arithmetic of two functions: of the same tensor, or the steps of a layer normalization.
  private mutating func follow(_ node: ONNXNode, _ first: ONNXFormula, _ second: ONNXFormula) -> Bool {
    let operation = Self.operation(node.opType)
    if first.argument == second.argument {
      let values = zip(first.values, second.values).map(operation)
      set(node, .formula(ONNXFormula(first.argument, values: values, depth: max(first.depth, second.depth) + 1)))
      return true
    }
    guard first.argument.tensor == second.argument.tensor else { return false }
    switch (node.opType, first.argument, second.argument) {
    case ("Sub", .tensor(let input), .mean) where first.isIdentity && second.isIdentity:
      set(node, .formula(ONNXFormula(.centered(input))))
    case ("Div", .centered(let input), .variance):
      return normalize(node, input, first, second) { $0 }
    case ("Mul", .centered(let input), .variance):
      return normalize(node, input, first, second) { 1 / $0 }
    case ("Mul", .variance, .centered(let input)):
      return normalize(node, input, second, first) { 1 / $0 }
    default: return false
    }
    return true
  }

  /// What is divided by the root of the variance, with something small added to it.
  ///
  /// - Parameter divisor: makes what is divided by of the value of `spread`.
  private mutating func normalize(
    _ node: ONNXNode, _ input: ONNXActivation, _ centered: ONNXFormula, _ spread: ONNXFormula,
    divisor: (Double) -> Double
  ) -> Bool {
    let roots = spread.values.map(divisor)
    let epsilon = roots[0] * roots[0]
    guard centered.isIdentity, epsilon > 0, epsilon <= 1 else { return false }
    let isRoot = zip(spread.places, roots).allSatisfy { abs(($0 + epsilon).squareRoot() - $1) <= 1e-6 * $1 }
    if isRoot { set(node, .normalized(ONNXNormalization(input: input, epsilon: epsilon))) }
    return isRoot
  }

  /// The scale and shift of every channel behind a layer normalization.
  private func follow(_ node: ONNXNode, _ value: inout ONNXNormalization, _ constant: ONNXConstant) -> Bool {
    let channels = graph.shape(value.input.node).channels
    guard value.bias == nil, constant.count == channels, constant.shape.last == channels,
      constant.shape.count <= value.input.dimensions.count
    else { return false }
    switch node.opType {
    case "Mul" where value.weight == nil: value.weight = constant
    case "Add": value.bias = constant
    default: return false
    }
    return true
  }

  /// The mean of each pixel's or token's channels, or of their squares, which only a layer normalization has.
  ///
  /// - Returns: whether the last dimension is the channels.
  mutating func followMean(_ node: ONNXNode) throws(ImportError) -> Bool {
    if let formula = formula(try value(node, 0)), case .centered(let input) = formula.argument {
      guard formula.isClose({ $0 * $0 }) else { return false }
      set(node, .formula(ONNXFormula(.variance(input))))
      return true
    }
    let input = try activation(node, 0)
    guard input.dimensions.last == [.channels] else { return false }
    set(node, .formula(ONNXFormula(.mean(input))))
    return true
  }
}
