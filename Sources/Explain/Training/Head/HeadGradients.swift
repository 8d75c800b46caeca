/// The gradient of the loss by the head's parameters. Fuse rows of classes that are not in the batch have none.
package struct HeadGradients {
  package struct Branch {
    /// `[C, C]`: outputs, inputs.
    package var convolution: [Float]
    package var bias, normWeight, normBias: [Float]
    /// `[labels, C]`
    package var fuse: [Float]

    package init(channels: Int, labels: Int) {
      convolution = [Float](repeating: 0, count: channels * channels)
      bias = [Float](repeating: 0, count: channels)
      (normWeight, normBias) = (bias, bias)
      fuse = [Float](repeating: 0, count: labels * channels)
    }
  }

  /// The branches' parameters, each with its gradient.
  func pairs(_ parameters: HeadParameters) -> [(parameter: Parameter, gradient: [Float])] {
    zip(parameters.branches, branches).flatMap { branch, gradient in
      [
        (branch.convolution, gradient.convolution), (branch.bias, gradient.bias),
        (branch.normWeight, gradient.normWeight), (branch.normBias, gradient.normBias),
      ]
    }
  }

  /// The classes of the fuse rows.
  package var labels: [Int]
  package var branches: [Branch] = []
  package var fuseBias: [Float]

  package init(labels: [Int], fuseBias: [Float]) { (self.labels, self.fuseBias) = (labels, fuseBias) }

  /// All branches' columns of the fuse row of `labels[index]`.
  package func fuseRow(_ index: Int) -> [Float] {
    branches.flatMap { branch in
      let channels = branch.bias.count
      return branch.fuse[index * channels..<(index + 1) * channels]
    }
  }
}
