/// What a network calls the parts of a squeeze-and-excite.
struct SqueezeNames {
  /// Nodes: the means of all channels, and the product of input and factors.
  var pool, product: String
  /// Convolutions to fewer channels and back, and the functions behind them.
  var narrow, narrowFunction, wide, wideFunction: String
}

extension GraphBuilder {
  /// Adds squeeze-and-excite: every channel times a factor that comes of all channels' means.
  ///
  /// - Parameters:
  ///   - function: of the narrow layer.
  ///   - factors: makes the factors.
  mutating func squeezeAndExcite(
    _ input: String, _ names: SqueezeNames, function: Activation, factors: Activation
  ) throws(ImportError) -> String {
    var x = try globalAveragePool(names.pool, input)
    let (channels, fewer) = (shape(x).channels, outputs(of: "\(names.narrow).weight"))
    x = try convolution(names.narrow, x, outputChannels: fewer, kernel: 1, normalization: nil)
    x = try activation(names.narrowFunction, x, function)
    x = try convolution(names.wide, x, outputChannels: channels, kernel: 1, normalization: nil)
    x = try activation(names.wideFunction, x, factors)
    return try multiply(names.product, input, x)
  }
}
