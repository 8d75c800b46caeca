import Explain
import Testing

/// What people give for a model or for weights: what it is and what to do is said in one line, with status 65.
@Suite struct WrongModelTests {
  struct File: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    /// What follows the file's name.
    let message: String

    init(_ name: String, _ bytes: [UInt8], _ message: String) {
      (self.name, self.bytes, self.message) = (name, bytes, message)
    }

    init(_ name: String, _ text: String, _ message: String) { self.init(name, Array(text.utf8), message) }

    var testDescription: String { name }
  }

  private static let pictures = "not safetensors; images are arguments: ttame-lite explain IMAGE --model MODEL"
  private static let convert =
    "is a PyTorch checkpoint, not safetensors; *Tools/convert_checkpoint.py, *'ttame-lite import'"
  private static let other = "not safetensors; get the network's weights as safetensors, *'ttame-lite import'"
  private static let pickle: [UInt8] = [0x80, 2, 0x8A, 10, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19]
  private static let zipped = [0x50, 0x4B, 3, 4] + [UInt8](repeating: 0, count: 26)

  private static let files = [
    File("resnet.pth", zipped + Array("archive/data.pkl".utf8), convert), File("old.pt", pickle, convert),
    File("pytorch_model.bin", zipped + Array("pytorch_model/data.pkl".utf8), convert),
    File("last.ckpt", zipped + Array("last/data.pkl".utf8), convert),
    File(
      "net.tflite", [0x1C, 0, 0, 0] + Array("TFL3".utf8) + [UInt8](repeating: 0, count: 20),
      "is a TensorFlow Lite *" + other),
    File("net.h5", [0x89] + Array("HDF\r\n".utf8) + [0x1A, 0x0A, 0, 0, 0], "is HDF5, " + other),
    File("net.gguf", "GGUF\u{3}\0\0\0\0\0\0\0", "is a GGUF model, " + other),
    File("net.xml", "<?xml version=\"1.0\"?>\n<net name=\"r\" version=\"11\">", "is XML, " + other),
    File("net.npy", [0x93] + Array("NUMPY".utf8) + [1, 0, 0x76, 0, 0], "is a NumPy array, " + other),
    File("photo.jpg", [0xFF, 0xD8, 0xFF, 0xE0, 0, 16] + Array("JFIF".utf8), "is an image (JPEG), " + pictures),
    File("photo.webp", "RIFF\u{10}\0\0\0WEBPVP8 ", "is WebP, " + pictures),
    File("photo.heic", [0, 0, 0, 24] + Array("ftypheic\0\0\0\0mif1heic".utf8), "is HEIC, " + pictures),
    File(
      "pointer.safetensors", "version https://git-lfs.github.com/spec/v1\noid sha256:0\n",
      "is a Git LFS pointer, *'git lfs pull'"),
    File(
      "failed.safetensors", "<!DOCTYPE html>\n<html><title>404</title>",
      "is a web page (HTML), *; the download has failed; *"),
    File(
      "packed.safetensors.gz", [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3], "is compressed (gzip), *; unpack it with 'gunzip'"),
    File("packed.zip", zipped + Array("readme.txt".utf8), "is an archive (zip), *; unpack it with 'unzip'"),
    File(
      "packed.tar", [UInt8](repeating: 65, count: 257) + Array("ustar\u{0}00".utf8), "is an archive (tar), *'tar -xf'"),
    File("empty.safetensors", "", "is empty"),
  ]

  private func write(_ file: File) throws -> Scratch {
    let scratch = try TinyStream().scratch
    try scratch.write(file.bytes, to: file.name)
    try scratch.write(try TinyStream.frame(.png, 12, 9), to: "photo.png")
    return scratch
  }

  private func refuses(_ call: [String], _ scratch: Scratch, _ message: String) throws {
    let before = try scratch.files()
    let result = try Command.run(call, in: scratch.path)
    #expect(result.status == 65 && result.output.isEmpty && result.errorLines.count == 1, "\(result.error)")
    #expect(matches(result.error, "ttame-lite: \(message)\n"), "\(result.error)")
    #expect(try scratch.files() == before)
  }

  @Test(arguments: files)
  func modelsAndWeights(_ file: File) throws {
    let scratch = try write(file)
    for call in [["info", file.name], ["import", file.name, "-o", "out"]] {
      try refuses(call, scratch, "\(file.name): \(file.message)")
    }
  }

  @Test func modelsOfONNX() throws {
    let scratch = try Scratch()
    try scratch.write([8, 7, 0x12, 7] + Array("pytorch".utf8) + [UInt8](repeating: 1, count: 40), to: "net.onnx")
    try refuses(
      ["info", "net.onnx"], scratch,
      "net.onnx: is an ONNX model, not safetensors; convert it with 'ttame-lite import'")
    try refuses(
      ["import", "net.onnx", "-o", "out"], scratch,
      "net.onnx: byte 11: a field with an invalid number; the file is damaged or not an ONNX model")
  }

  @Test(arguments: [
    "explain photo.png --model FILE", "classify photo.png --model FILE", "evaluate --data list.tsv --model FILE",
    "train --data list.tsv -o out --model FILE", "bench --model FILE --only classify --seconds 0",
  ])
  func everyCommand(_ call: String) throws {
    let file = Self.files[0]
    let scratch = try write(file)
    try scratch.write(Array("photo.png\t0\n".utf8), to: "list.tsv")
    let arguments = call.split(separator: " ").map { $0 == "FILE" ? file.name : String($0) }
    try refuses(arguments, scratch, "\(file.name): \(file.message)")
  }

  /// Safetensors files of another purpose.
  @Test(arguments: [
    (
      "info weights",
      "weights: is not a model, but weights; make one with: ttame-lite import weights -o MODEL.safetensors"
    ),
    ("classify photo.png --model raw", "raw: is not a model, but output of --raw; *"),
    ("info checkpoint", "checkpoint: is not a model, but a checkpoint of 'train'; continue with 'train --resume', *"),
    (
      "info head",
      "head: is not a model, but a trained head; *ttame-lite import WEIGHTS --head head -o MODEL.safetensors"
    ),
    ("import tiny.safetensors -o out", "tiny.safetensors: is a ttame-lite model already, *--model tiny.safetensors"),
    ("import raw -o out", "raw: is output of --raw, not weights"),
    ("import checkpoint -o out", "checkpoint: is a trained head, not weights; use it with: *--head checkpoint"),
    ("import head -o out", "head: is a trained head, not weights; use it with: ttame-lite import WEIGHTS --head head"),
  ])
  func otherSafetensors(_ call: String, _ message: String) throws {
    let scratch = try TinyStream().scratch
    try scratch.write(try TinyStream.frame(.png, 12, 9), to: "photo.png")
    for (name, tensors, metadata) in [
      ("weights", ["conv1.weight", "fc.weight"], [:]),
      ("raw", ["logits", "probabilities", "map", "saliency"], ["classes": "0"]),
      ("checkpoint", ["head.fuse.weight"], ["training": "{}"]), ("head", ["fuse.weight", "fuse.bias"], [:]),
    ] {
      let writer = try SafetensorsWriter(
        path: scratch / name, tensors: tensors.map { SafetensorsWriter.Declaration($0, .f32, [1]) }, metadata: metadata)
      for tensor in tensors { try writer.write([Float(1)], to: tensor) }
      _ = try writer.finish()
    }
    try refuses(call.split(separator: " ").map(String.init), scratch, message)
  }

  @Test(arguments: ["info ./folder", "info folder", "classify photo.png --model folder/"])
  func foldersAreNoModels(_ call: String) throws {
    let scratch = try TinyStream().scratch
    try scratch.makeFolder("folder")
    let result = try Command.run(call.split(separator: " ").map(String.init), in: scratch.path)
    #expect(
      result.status == 66 && matches(result.error, "*folder*: is a directory; a model is one file\n"),
      "\(result.error)")
  }
}
