/// What a node computes: all that the program knows about an operator.
///
/// There are no default implementations, so that the compiler lists what a new operator lacks. `GraphOperators` lists the
/// types; engines know these and nothing of architectures.
protocol GraphOperator: Sendable, Equatable {
  /// Name in the model file.
  static var name: String { get }

  init(from attributes: AttributeDecoder) throws
  func encode(to attributes: inout AttributeEncoder) throws

  /// How many tensors the operator can read.
  var inputCounts: ClosedRange<Int> { get }

  /// The shape of the result for as many inputs as the operator can read, of these (possible) shapes.
  ///
  /// - Parameter node: whose attributes are at fault in an error.
  func outputShape(_ inputs: [Shape], node: String) throws(GraphError) -> Shape

  /// Multiplications; the elements of the result where there are none, for they take time too.
  func work(_ inputs: [Shape], _ output: Shape) -> Int

  /// Tensors of the model file, in the order in which they are checked.
  func tensors(_ inputs: [Shape], _ precision: Precision) -> [TensorUse]

  /// Whether the result holds no negative value.
  ///
  /// - Parameter inputs: the same of each input.
  func isNonNegative(_ inputs: [Bool]) -> Bool

  /// Moments of the result's channels; nil where they are not known.
  ///
  /// - Parameters:
  ///   - inputs: those of each input.
  ///   - normalized: what a BatchNorm that was folded into the operator makes of its result.
  func expected(_ inputs: [[ChannelMoments]?], normalized: [ChannelMoments]?) -> [ChannelMoments]?

  /// What the operator can do to its result before it is written, so that the nodes behind it need no pass of their own.
  var epilogue: EpilogueSupport { get }

  /// What the operator is in the epilogue of the one that it reads; nil where it needs a pass of its own.
  var epiloguePart: EpiloguePart? { get }

  /// The window over which the operator reads its input in the form of convolutions; nil where it reads Floats.
  var operandWindow: Window? { get }

  /// Appends what computes the operator, with what was folded into it, to a forward pass.
  func plan(_ operation: FusedGraph.Operation, _ planner: inout some ForwardPlanner) throws(EngineError)

  /// Appends what turns the gradient of the operator's own result into those of its inputs.
  ///
  /// - Parameter gradient: arena tensor; nobody reads it afterwards, so that it may be overwritten or handed on.
  func gradient(
    _ operation: FusedGraph.Operation, _ gradient: Int, _ planner: inout BatchPlanner) throws(EngineError)
}

extension GraphOperator {
  func isEqual(to other: any GraphOperator) -> Bool { other as? Self == self }
}
