/// The operators that a model file may name.
enum GraphOperators {
  static let all: [any GraphOperator.Type] = [
    Convolution.self,
    DepthwiseConvolution.self,
    Activation.self,
    Add.self,
    Concat.self,
    MaxPool.self,
    AveragePool.self,
    GlobalAveragePool.self,
    GlobalMaxPool.self,
    LayerNorm.self,
    TokenEmbedding.self,
    Attention.self,
    FirstToken.self,
    ImageTokens.self,
    PReLU.self,
    Multiply.self,
    Rearrange.self,
    MatrixProduct.self,
    Softmax.self,
    ResponseNorm.self,
    Constant.self,
  ]

  private static let byName: [String: any GraphOperator.Type] = Dictionary(
    uniqueKeysWithValues: all.map { ($0.name, $0) })

  static func named(_ name: String) -> (any GraphOperator.Type)? { byName[name] }
}
