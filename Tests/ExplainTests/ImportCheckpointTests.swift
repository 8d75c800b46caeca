import Explain
import Foundation
import Testing

/// `Tools/convert_checkpoint.py`, with checkpoints of the structure that PyTorch and Lightning write.
@Suite(.enabled(if: Python.hasTorch, "needs python3 with torch 2.6 or later and safetensors"))
struct ImportCheckpointTests {
  private let channels = [128, 256, 512]

  private static let tool = URL(filePath: #filePath).appending(path: "../../../Tools/convert_checkpoint.py")
    .standardizedFileURL.path

  private func convert(_ arguments: String...) throws -> (status: Int32, errors: String) {
    try Python.run([Self.tool] + arguments)
  }

  /// Makes files with torch; the script finds `folder`, `torch` and `load_file`.
  private func make(_ folder: TemporaryFolder, _ script: String) throws {
    let prelude = """
      import os, sys, torch
      from safetensors.torch import load_file
      folder = sys.argv[1]

      """
    let result = try Python.run(["-c", prelude + script, folder.path])
    try #require(result.status == 0, "\(result.errors)")
  }

  @Test func convertsStateDicts() throws {
    let folder = try TemporaryFolder()
    let weights = NamedWeights(.resNet18(classes: 3), seed: 21)
    try weights.write(folder.file("w.safetensors"))
    try make(
      folder,
      """
      state = load_file(folder + "/w.safetensors")
      torch.save(state, folder + "/plain.pth")
      torch.save(state, folder + "/old.pth", _use_new_zipfile_serialization=False)
      torch.save({"epoch": 3, "model": {"module." + k: v.double() for k, v in state.items()}}, folder + "/ddp.pth")
      """)
    _ = try importModel(from: folder.file("w.safetensors"), to: folder.file("m"))
    for name in ["plain", "old", "ddp"] {
      let result = try convert(folder.file("\(name).pth"))
      #expect(result.status == 0, "\(result.errors)")
      _ = try importModel(from: folder.file("\(name).safetensors"), to: folder.file(name))
      #expect(try folder.contents(name) == folder.contents("m"))
    }
  }

  /// The classifier twice, the attention mechanism, the optimizer's state and the script's arguments.
  @Test func convertsCheckpointsOfTheReferenceImplementation() throws {
    let folder = try TemporaryFolder()
    try NamedWeights(.resNet18(classes: 3), seed: 21).write(folder.file("w.safetensors"))
    try NamedWeights(.head(channels, rows: 3), seed: 22).write(folder.file("h.safetensors"))
    try make(
      folder,
      """
      body = load_file(folder + "/w.safetensors")
      head = {}
      for name, tensor in load_file(folder + "/h.safetensors").items():
          parts = name.split(".")
          name = ["fuser"] + parts[1:] if parts[0] == "fuse" else [parts[2] + "s", parts[1]] + parts[3:]
          head[".".join(name)] = tensor
      state = {"generic.body." + k: v for k, v in body.items()}
      state |= {"generic.arrangement.body." + k: v for k, v in body.items()}
      state |= {"generic.attn_mech." + k: v for k, v in head.items()}
      state["generic.attn_mech.bns.0.num_batches_tracked"] = torch.tensor(5)
      torch.save({
          "epoch": 8, "global_step": 320296, "pytorch-lightning_version": "2.0.1", "state_dict": state,
          "loops": {"fit_loop": {"state_dict": {}}}, "lr_schedulers": [{"last_epoch": 8}],
          "callbacks": {"ModelCheckpoint": {"best_model_path": "", "best_k_models": {}}},
          "optimizer_states": [{"state": {0: {"momentum_buffer": torch.zeros(100000)}}, "param_groups": []}],
          "hparams_name": "kwargs",
          "hyper_parameters": {"model_name": "resnet50", "attention_version": "TAME", "layers": ["layer2"], "lr": 1e-3},
      }, folder + "/c.ckpt")
      """)
    let result = try convert(folder.file("c.ckpt"))
    #expect(result.status == 0, "\(result.errors)")
    let converted = try Safetensors(path: folder.file("c.safetensors"))
    #expect(converted.metadata["attention_version"] == "TAME" && converted.metadata["model_name"] == "resnet50")
    #expect(!converted.entries.keys.contains { $0.contains("optimizer") || $0.contains("arrangement") })

    var options = ImportOptions()
    for (head, output) in [("h", "a"), ("c", "b")] {
      options.head = .file(folder.file("\(head).safetensors"))
      _ = try importModel(from: folder.file("w.safetensors"), to: folder.file(output), options: options)
    }
    #expect(try folder.contents("a") == folder.contents("b"))

    let body = try convert(folder.file("c.ckpt"), "-o", folder.file("body.safetensors"), "--prefix", "generic.body.")
    #expect(body.status == 0, "\(body.errors)")
    _ = try importModel(from: folder.file("body.safetensors"), to: folder.file("b"), options: options)
    #expect(try folder.contents("a") == folder.contents("b"))
  }

  @Test func refusesWhatHoldsMoreThanTensors() throws {
    let folder = try TemporaryFolder()
    try make(
      folder,
      """
      class Trap:
          def __reduce__(self):
              return os.mkdir, (folder + "/sprung",)
      torch.save({"state_dict": {"a": torch.zeros(1)}, "trap": Trap()}, folder + "/trap.pth")
      torch.save(torch.nn.Linear(2, 2), folder + "/module.pth")
      torch.save({"epoch": 3, "state_dict": {}}, folder + "/empty.pth")
      torch.save({"a": torch.zeros(3).to_sparse()}, folder + "/sparse.pth")
      torch.save({"a.b": torch.zeros(3)}, folder + "/good.pth")
      open(folder + "/text.pth", "w").write("no checkpoint")
      """)
    for (name, status) in [
      ("trap", 65), ("module", 65), ("empty", 65), ("sparse", 65), ("text", 65), ("absent", 66),
    ] as [(String, Int32)] {
      let result = try convert(folder.file("\(name).pth"))
      #expect(result.status == status, "\(name): \(result.errors)")
      #expect(result.errors.hasPrefix("convert_checkpoint: \(folder.file(name)).pth: "), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
    let good = folder.file("good.pth")
    #expect(try convert(good, "--prefix", "b.").errors.contains("no tensor's name starts with b.; names start with a"))
    #expect(try convert(good, "-o", good).status == 64)
    #expect(try convert(good, "-o", folder.file("none/x.safetensors")).status == 73)
    #expect(
      !folder.names.contains { $0.contains("sprung") || $0.hasSuffix(".ttame-tmp") || $0.hasSuffix(".safetensors") })
  }
}

/// The interpreter on the path.
private enum Python {
  static let hasTorch =
    (try? run(["-c", "import torch, safetensors; assert tuple(map(int, torch.__version__.split('.')[:2])) >= (2, 6)"]))?
    .status == 0

  static func run(_ arguments: [String]) throws -> (status: Int32, errors: String) {
    let process = Process()
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3"] + arguments
    let errors = Pipe()
    process.standardError = errors
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    let text = try errors.fileHandleForReading.readToEnd() ?? Data()
    process.waitUntilExit()
    return (process.terminationStatus, String(decoding: text, as: UTF8.self))
  }
}
