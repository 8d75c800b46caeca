/// A node is one flat JSON object: its name, operator and inputs, then the operator's attributes.
///
/// ```json
/// {"name": "layer1.0.conv1", "op": "conv2d", "inputs": ["maxpool"], "outputChannels": 64, "kernel": [1, 1],
///  "stride": 1, "padding": [0, 0, 0, 0], "tensors": {"weight": "layer1.0.conv1.weight", ...}}
/// ```
/// `kernel` and `size` are height, width; `padding` is top, left, bottom, right.
extension Node: Codable {
  public init(from decoder: any Decoder) throws {
    let attributes = try decoder.container(keyedBy: AttributeKey.self)
    name = try attributes.decode(String.self, forKey: "name")
    inputs = try attributes.decode([String].self, forKey: "inputs")
    let operatorName = try attributes.decode(String.self, forKey: "op")
    guard let type = GraphOperators.named(operatorName) else {
      let message = "node \(name) has the unknown operator \(operatorName)"
      throw DecodingError.dataCorruptedError(forKey: "op", in: attributes, debugDescription: message)
    }
    op = try type.init(from: attributes)
  }

  public func encode(to encoder: any Encoder) throws {
    var attributes = encoder.container(keyedBy: AttributeKey.self)
    try attributes.encode(name, forKey: "name")
    try attributes.encode(inputs, forKey: "inputs")
    try attributes.encode(type(of: op).name, forKey: "op")
    try op.encode(to: &attributes)
  }
}
