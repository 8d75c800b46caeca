import Kernels

/// Runs a session's network and shows what some of its nodes yield.
final class ActivationReader {
  private let session: Session
  private let executor: Executor

  /// - Throws: `EngineError.outOfMemory`.
  init(_ session: Session, nodes: [String]) throws(EngineError) {
    self.session = session
    executor = try session.makeExecutor(outputs: nodes + [session.model.description.graph.output])
  }

  /// One forward pass.
  ///
  /// - Parameter input: normalised `[size, size, 3]`.
  /// - Returns: the logits.
  /// - Throws: `EngineError.notFinite`.
  func run(_ input: UnsafePointer<Float>) throws(EngineError) -> [Float] { try session.run(executor, input) }

  /// A node's result, `[height, width, channels]`, valid until the next pass.
  func output(_ node: String) -> UnsafePointer<Float> { executor.output(node) }

  /// A copy of a node's result in the last pass.
  func values(_ node: String) -> [Float] {
    Array(UnsafeBufferPointer(start: executor.output(node), count: session.model.shapes[node]?.count ?? 0))
  }
}
