/// A tensor that training changes, with the optimiser's memory of it.
package final class Parameter {
  package let name: String
  /// As PyTorch has it; row-major.
  package let shape: [Int]
  /// Whether weight decay acts on it: on all but biases.
  let decays: Bool
  package var values: [Float]
  package var velocity: [Float]
  /// The values that training began with, where the written head keeps some of them.
  var start: [Float]?

  init(_ name: String, _ shape: [Int], _ values: [Float], decays: Bool) {
    precondition(values.count == shape.reduce(1, *))
    (self.name, self.shape, self.values, self.decays) = (name, shape, values, decays)
    velocity = [Float](repeating: 0, count: values.count)
  }
}

extension Parameter {
  /// What is written: between the start and the values.
  ///
  /// - Parameter share: of the values.
  func blended(_ share: Double) -> [Float] {
    guard let start else { return values }
    return zip(start, values).map { $0 + Float(share) * ($1 - $0) }
  }
}

/// All values of an attention head: `u_l = relu(bn(conv_l(F_l)) + F_l)`, `c = fuse(concat(up(u_l)))`; in L-CAM `c = fuse(F)`.
package final class HeadParameters {
  /// One branch, of C channels.
  package final class Branch {
    package let channels: Int
    /// `[C, C, 1, 1]`: outputs, inputs.
    package let convolution: Parameter
    package let bias: Parameter
    /// BatchNorm's scale and shift.
    package let normWeight, normBias: Parameter
    /// BatchNorm's statistics for inference.
    package var runningMean, runningVariance: [Float]

    init(_ index: Int, channels: Int, _ read: (_ name: String, _ shape: [Int]) throws(TrainingError) -> [Float])
      throws(TrainingError)
    {
      func parameter(_ name: String, _ shape: [Int], decays: Bool) throws(TrainingError) -> Parameter {
        let full = "branch.\(index).\(name)"
        return Parameter(full, shape, try read(full, shape), decays: decays)
      }
      self.channels = channels
      convolution = try parameter("conv.weight", [channels, channels, 1, 1], decays: true)
      bias = try parameter("conv.bias", [channels], decays: false)
      normWeight = try parameter("bn.weight", [channels], decays: true)
      normBias = try parameter("bn.bias", [channels], decays: false)
      runningMean = try read("branch.\(index).bn.running_mean", [channels])
      runningVariance = try read("branch.\(index).bn.running_var", [channels])
    }
  }

  package let form: HeadForm
  package let classes: Int
  /// Of the layers that the head reads.
  package let channels: [Int]
  /// One for each layer; none in L-CAM.
  package let branches: [Branch]
  /// `[classes, Σ C, 1, 1]`
  package let fuse: Parameter
  package let fuseBias: Parameter

  /// BatchNorm's constants.
  static let epsilon = 1e-5
  static let statisticsMomentum = 0.1

  /// - Parameters:
  ///   - channels: of the layers that the head reads.
  ///   - read: yields the values of a tensor.
  package init(
    _ form: HeadForm = .ttame, channels: [Int], classes: Int,
    _ read: (_ name: String, _ shape: [Int]) throws(TrainingError) -> [Float]
  ) throws(TrainingError) {
    (self.form, self.channels, self.classes) = (form, channels, classes)
    var branches: [Branch] = []
    if form == .ttame {
      for (index, count) in channels.enumerated() { branches.append(try Branch(index, channels: count, read)) }
    }
    self.branches = branches
    let length = channels.reduce(0, +)
    fuse = Parameter(
      "fuse.weight", [classes, length, 1, 1], try read("fuse.weight", [classes, length, 1, 1]), decays: true)
    fuseBias = Parameter("fuse.bias", [classes], try read("fuse.bias", [classes]), decays: false)
  }

  /// Everything that the optimiser changes.
  var trainable: [Parameter] {
    branches.flatMap { [$0.convolution, $0.bias, $0.normWeight, $0.normBias] } + [fuse, fuseBias]
  }

  /// Columns of the fuse layer that belong to a layer.
  func fuseColumns(_ layer: Int) -> Range<Int> {
    let first = channels[..<layer].reduce(0, +)
    return first..<first + channels[layer]
  }
}
