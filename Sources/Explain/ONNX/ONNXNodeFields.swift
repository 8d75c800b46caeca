/// A `NodeProto` as read, before it is checked.
struct ONNXNodeFields: WireMessage {
  static let messageName = "NodeProto"

  private var name = ""
  private var opType = ""
  private var domain = ""
  private var inputs: [String] = []
  private var outputs: [String] = []
  private var attributes: [ONNXAttributeFields] = []

  mutating func take(_ field: WireField, from reader: inout WireReader) throws(ONNXError) {
    switch field.number {
    case 1: inputs.append(try reader.text(field))
    case 2: outputs.append(try reader.text(field))
    case 3: name = try reader.text(field)
    case 4: opType = try reader.text(field)
    case 5: attributes.append(try reader.new(field))
    case 7: domain = try reader.text(field)
    default: try reader.skip(field)
    }
  }

  func node(in source: ONNXSource) throws(ONNXError) -> ONNXNode {
    let label = ONNXNode.label(name, outputs, opType)
    var values: [String: ONNXAttribute] = [:]
    for attribute in attributes {
      let value = try attribute.value(node: label, in: source)
      guard values.updateValue(value, forKey: attribute.name) == nil else {
        throw .badAttribute(node: label, attribute: attribute.name, problem: "is given twice")
      }
    }
    return ONNXNode(
      name: name, opType: opType, domain: ONNXModel.canonicalDomain(domain), inputs: inputs, outputs: outputs,
      attributes: values)
  }
}
