import Explain
import Testing

/// A sound model file with one edit, and the error that it ends in. The offsets are those of `TinyModel`.
struct MalformedModel: CustomTestStringConvertible, Sendable {
  enum Part { case header, description }

  var testDescription: String
  var part: Part
  var text: String
  var replacement: String
  var error: ModelError

  init(_ what: String, _ part: Part, _ text: String, _ replacement: String, _ error: ModelError) {
    (testDescription, self.part, self.text, self.replacement, self.error) = (what, part, text, replacement, error)
  }

  static let all = [
    MalformedModel(
      "overlap", .header, #""data_offsets":[128,256]"#, #""data_offsets":[64,192]"#,
      .safetensors(.overlap(tensor: "conv.column_sums", begin: 64, previousEnd: 128))),
    MalformedModel(
      "two tensors in one place", .header, #""data_offsets":[256,384]"#, #""data_offsets":[128,256]"#,
      .safetensors(.overlap(tensor: "conv.scale", begin: 128, previousEnd: 256))),
    MalformedModel(
      "empty tensor inside another", .header, #""dw.weight":"#,
      #""x":{"dtype":"F32","shape":[0],"data_offsets":[64,64]},"dw.weight":"#,
      .safetensors(.overlap(tensor: "x", begin: 64, previousEnd: 128))),
    MalformedModel(
      "hole", .header, #""shape":[2,16],"data_offsets":[0,128]"#, #""shape":[1,16],"data_offsets":[0,64]"#,
      .safetensors(.hole(tensor: "conv.column_sums", begin: 128, previousEnd: 64))),
    MalformedModel(
      "past the end", .header, #""data_offsets":[2304,2592]"#, #""data_offsets":[2304,2593]"#,
      .safetensors(.outOfRange(tensor: "dw.weight", end: 2593, available: 2592))),
    MalformedModel(
      "reversed offsets", .header, #""data_offsets":[2304,2592]"#, #""data_offsets":[2592,2304]"#,
      .safetensors(.offsetsReversed(tensor: "dw.weight", begin: 2592, end: 2304))),
    MalformedModel(
      "product overflow", .header, #""shape":[9,32]"#, #""shape":[9223372036854775807,32]"#,
      .safetensors(.shapeOverflow(tensor: "dw.weight"))),
    MalformedModel(
      "product that wraps to the right size", .header, #""shape":[9,32]"#, #""shape":[4294967296,4294967296,288]"#,
      .safetensors(.shapeOverflow(tensor: "dw.weight"))),
    MalformedModel(
      "dimension 0", .header, #""shape":[9,32]"#, #""shape":[0,32]"#,
      .safetensors(.sizeMismatch(tensor: "dw.weight", expected: 0, found: 288))),
    MalformedModel(
      "wider elements", .header, #""dw.weight":{"dtype":"I8""#, #""dw.weight":{"dtype":"I16""#,
      .safetensors(.sizeMismatch(tensor: "dw.weight", expected: 576, found: 288))),
    MalformedModel(
      "unknown type", .header, #""dw.weight":{"dtype":"I8""#, #""dw.weight":{"dtype":"I4""#,
      .safetensors(.unknownDType(tensor: "dw.weight", dtype: "I4"))),
    MalformedModel(
      "type twice", .header, #""dw.weight":{"dtype":"I8""#, #""dw.weight":{"dtype":"I8","dtype":"I8""#,
      .safetensors(.duplicateKey(tensor: "dw.weight", key: "dtype"))),
    MalformedModel(
      "unknown key", .header, #""dw.weight":{"#, #""dw.weight":{"strides":[1],"#,
      .safetensors(.unknownKey(tensor: "dw.weight", key: "strides"))),
    MalformedModel(
      "two tensors of one name", .header, #""dw.weight":"#, #""fc.weight":"#, .safetensors(.duplicateName("fc.weight"))),
    MalformedModel(
      "metadata key twice", .header, #""format":"ttame-lite""#, #""format":"ttame-lite","format":"pt""#,
      .safetensors(.duplicateKey(tensor: "__metadata__", key: "format"))),
    MalformedModel(
      "other type of the same size", .header, #""dw.weight":{"dtype":"I8""#, #""dw.weight":{"dtype":"U8""#,
      .wrongDType(tensor: "dw.weight", expected: .i8, found: .u8)),
    MalformedModel(
      "other rank", .header, #""shape":[9,32]"#, #""shape":[9,32,1]"#,
      .wrongShape(tensor: "dw.weight", expected: [9, 32], found: [9, 32, 1])),
    MalformedModel(
      "dimensions exchanged", .header, #""shape":[9,32]"#, #""shape":[32,9]"#,
      .wrongShape(tensor: "dw.weight", expected: [9, 32], found: [32, 9])),
    MalformedModel(
      "renamed tensor", .header, #""dw.weight":"#, #""dv.weight":"#, .missingTensor(node: "dw", tensor: "dw.weight")),
    MalformedModel(
      "no description", .header, #""model":"#, #""modem":"#, .badDescription("The given data was not valid JSON.")),
    MalformedModel(
      "version of the future", .header, #""format_version":"1""#, #""format_version":"99999999999999999999""#,
      .unsupportedVersion("99999999999999999999")),
    MalformedModel(
      "key twice", .description, #""classes":5"#, #""classes":5,"classes":6"#,
      .badDescription("an object gives classes twice")),
    MalformedModel(
      "key of a node twice", .description, #""kernel":[1,1],"#, #""kernel":[1,1],"kernel":[9,9],"#,
      .badDescription("an object gives kernel twice")),
    MalformedModel(
      "disguised key", .description, #""classes":5"#, #""class\u0065s":5"#,
      .badDescription(#"the key class\u0065s is written with an escape sequence"#)),
    MalformedModel(
      "no number", .description, #""resize":9"#, #""resize":NaN"#, .badDescription("The given data was not valid JSON.")
    ),
    MalformedModel(
      "number as text", .description, #""classes":5"#, #""classes":"5""#, .badDescription("classes: expected Int")),
    MalformedModel(
      "unknown operator", .description, #""global_average_pool""#, #""entropy""#,
      .badDescription("graph.nodes.3.op: node mean has the unknown operator entropy")),
    MalformedModel(
      "cycle", .description, #""inputs":["input"]"#, #""inputs":["relu"]"#,
      .graph(.inputNotYetComputed(node: "conv", input: "relu"))),
    MalformedModel(
      "node that reads itself", .description, #""inputs":["dw"]"#, #""inputs":["mean"]"#,
      .graph(.inputNotYetComputed(node: "mean", input: "mean"))),
    MalformedModel(
      "input that is nowhere", .description, #""inputs":["dw"]"#, #""inputs":["gone"]"#,
      .graph(.unknownInput(node: "mean", input: "gone"))),
    MalformedModel(
      "no inputs", .description, #""inputs":["dw"]"#, #""inputs":[]"#,
      .graph(.wrongInputCount(node: "mean", expected: 1...1, found: 0))),
    MalformedModel(
      "two nodes of one name", .description, #""name":"mean""#, #""name":"dw""#, .graph(.duplicateName("dw"))),
    MalformedModel("node without name", .description, #""name":"mean""#, #""name":"""#, .graph(.emptyName(index: 3))),
    MalformedModel(
      "output that is nowhere", .description, #""output":"fc""#, #""output":"gone""#, .graph(.unknownOutput("gone"))),
    MalformedModel(
      "stride 0", .description, #""padding":[0,0,0,0],"stride":1"#, #""padding":[0,0,0,0],"stride":0"#,
      .graph(.badAttribute(node: "fc", attribute: "stride", value: 0))),
    MalformedModel(
      "stride -1", .description, #""padding":[0,0,0,0],"stride":1"#, #""padding":[0,0,0,0],"stride":-1"#,
      .graph(.badAttribute(node: "fc", attribute: "stride", value: -1))),
    MalformedModel(
      "stride 1000000", .description, #""padding":[0,0,0,0],"stride":1"#, #""padding":[0,0,0,0],"stride":1000000"#,
      .graph(.badAttribute(node: "fc", attribute: "stride", value: 1000000))),
    MalformedModel(
      "stride 9223372036854775807", .description, #""padding":[0,0,0,0],"stride":1"#,
      #""padding":[0,0,0,0],"stride":9223372036854775807"#,
      .graph(.badAttribute(node: "fc", attribute: "stride", value: 9223372036854775807))),
    MalformedModel(
      "padding of a kernel", .description, #""padding":[0,0,0,0]"#, #""padding":[0,0,0,1]"#,
      .graph(.badAttribute(node: "fc", attribute: "padding", value: 1))),
    MalformedModel(
      "kernel 0", .description, #""kernel":[1,1]"#, #""kernel":[0,1]"#,
      .graph(.badAttribute(node: "fc", attribute: "kernel height", value: 0))),
    MalformedModel(
      "kernel larger than its input", .description, #""kernel":[1,1]"#, #""kernel":[2,1]"#,
      .graph(.windowTooLarge(node: "fc", kernel: [2, 1], paddedInput: [1, 1]))),
    MalformedModel(
      "absurd channels", .description, #""outputChannels":5"#, #""outputChannels":1048577"#,
      .graph(.badAttribute(node: "fc", attribute: "output channels", value: 1_048_577))),
    MalformedModel(
      "absurd input", .description, #""height":8"#, #""height":9223372036854775807"#,
      .graph(.badInputShape(Shape(.max, 8, 3)))),
    MalformedModel(
      "input other than the crop", .description, #""height":8"#, #""height":16384"#,
      .wrongInputShape(Shape(16384, 8, 3), crop: 8)),
    MalformedModel(
      "absurd resize", .description, #""resize":9"#, #""resize":9000000000000"#,
      .preprocessing(.sizes(resize: 9_000_000_000_000, crop: 8))),
    MalformedModel("two deviations", .description, #""std":[1,1,1]"#, #""std":[1,1]"#, .preprocessing(.std([1, 1]))),
    MalformedModel(
      "a label too many", .description, #""labels":["a","#, #""labels":["z","a","#,
      .wrongLabelCount(labels: 6, classes: 5)),
    MalformedModel(
      "0 classes", .description, #""classes":5"#, #""classes":0"#, .wrongClassCount(classes: 0, output: Shape(1, 1, 5))),
    MalformedModel(
      "-1 classes", .description, #""classes":5"#, #""classes":-1"#,
      .wrongClassCount(classes: -1, output: Shape(1, 1, 5))),
    MalformedModel(
      "feature layer that is nowhere", .description, #"{"name":"late","node":"dw"}"#, #"{"name":"late","node":"gone"}"#,
      .badFeatureLayer(name: "late", node: "gone")),
    MalformedModel(
      "a branch too few", .description, #""branches":[{"node":"relu"},"#, #""branches":["#,
      .wrongBranchCount(branches: 1, featureLayers: 2)),
    MalformedModel(
      "other precision", .description, #""precision":"int8""#, #""precision":"float32""#,
      .wrongDType(tensor: "conv.weight", expected: .f32, found: .i8)),
  ]
}
