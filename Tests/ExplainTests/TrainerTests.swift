import Explain
import Foundation
import Glibc
import Testing

/// Trainings of the bundled model on the bundled photographs: a few steps of two images.
@Suite struct TrainerTests {
  private static let package = "/" + #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
  private static let photographs = ["cat", "espresso", "rocket"].map { "\(package)/Tests/Fixtures/photos/\($0).jpg" }

  private func bundled() throws -> Model {
    try Model(path: Fixtures.bundledModel)
  }

  private func options(_ change: (inout TrainingOptions) -> Void = { _ in }) -> TrainingOptions {
    var options = TrainingOptions()
    (options.batch, options.epochs, options.rate) = (2, 4, 1e-3)
    change(&options)
    return options
  }

  struct Run: Sendable {
    var start: HeadStart
    var optimizer: Optimizer
    var head = HeadForm.ttame
    var masks = MaskForm.order
    var share = 1.0
  }

  private static let runs = [
    Run(start: .cam, optimizer: .adam, share: 0.5), Run(start: .random, optimizer: .adam),
    Run(start: .random, optimizer: .sgd),
    Run(start: .cam, optimizer: .adam, head: .lcam), Run(start: .cam, optimizer: .adam, masks: .graded),
  ]

  @Test(
    arguments: Emulation.affordable(runs, of: "resumed training") {
      $0.start == .cam && $0.head == .ttame && $0.masks == .order
    })
  func resumingChangesNoBit(_ run: Run) throws {
    let folder = try TemporaryFolder()
    let options = options {
      $0.start = run.start
      $0.optimizer = run.optimizer
      $0.head = run.head
      $0.masks = run.masks
      $0.loss = run.masks.weights
      $0.trainedShare = run.share
    }
    let model = try bundled()
    let straight = try Trainer(model: model, paths: Self.photographs, options: options)
    #expect(straight.steps == 4)
    var losses = try (0..<4).map { _ in try straight.step().step.loss }
    try straight.save(to: folder.file("straight"))

    let first = try Trainer(model: model, paths: Self.photographs, options: options, threads: 1)
    #expect(try first.step().step.loss == losses.removeFirst())
    try first.save(to: folder.file("checkpoint"))
    let second = try Trainer(
      model: model, paths: Self.photographs, options: options, resuming: folder.file("checkpoint"), threads: 3)
    #expect(second.done == 1)
    #expect(try losses.map { _ in try second.step().step.loss } == losses)
    try second.save(to: folder.file("resumed"))
    #expect(try folder.contents("straight") == folder.contents("resumed"))
  }

  @Test func checkpointsOfOtherRunsAreRefused() throws {
    let folder = try TemporaryFolder()
    let model = try bundled()
    let trainer = try Trainer(model: model, paths: Self.photographs, options: options())
    try trainer.save(to: folder.file("checkpoint"))
    func resume(_ paths: [String], _ options: TrainingOptions) throws {
      _ = try Trainer(model: model, paths: paths, options: options, resuming: folder.file("checkpoint"))
    }
    try resume(Self.photographs, options())
    #expect(throws: TrainingError.otherRun(what: "--seed", checkpoint: "1", now: "2")) {
      try resume(Self.photographs, options { $0.seed = 2 })
    }
    #expect(throws: TrainingError.otherRun(what: "--head", checkpoint: "ttame", now: "lcam")) {
      try resume(Self.photographs, options { $0.head = .lcam })
    }
    #expect(throws: TrainingError.otherRun(what: "--optimizer", checkpoint: "adam", now: "sgd")) {
      try resume(Self.photographs, options { $0.optimizer = .sgd })
    }
    #expect(throws: TrainingError.otherRun(what: "--lr", checkpoint: "0.001", now: "0.5")) {
      try resume(Self.photographs, options { $0.rate = 0.5 })
    }
    #expect(throws: TrainingError.self) { try resume(Self.photographs.reversed(), options()) }
    #expect(throws: TrainingError.badCheckpoint("it lacks the facts of a training")) {
      _ = try Trainer(
        model: model, paths: Self.photographs, options: options(),
        resuming: Fixtures.bundledModel)
    }
  }

  @Test func imagesThatCannotBeReadAreNamedAndReplaced() throws {
    let folder = try TemporaryFolder()
    let broken = try folder.write("broken.jpg", Array(try fileBytes(Self.photographs[0]).prefix(5000)))
    let paths = [Self.photographs[0], broken, Self.photographs[1], folder.file("missing.png")]
    let trainer = try Trainer(model: try bundled(), paths: paths, options: options { $0.epochs = 1 })
    var skipped: Set<String> = []
    while trainer.done < trainer.steps { skipped.formUnion(try trainer.step().skipped.map(\.path)) }
    #expect(skipped == [broken, folder.file("missing.png")])
    let hopeless = [broken, folder.file("missing.png")]
    #expect(throws: TrainingError.self) {
      _ = try Trainer(model: try bundled(), paths: hopeless, options: options())
    }
  }

  @Test func aLossThatIsNoNumberStops() throws {
    let trainer = try Trainer(
      model: try bundled(), paths: Self.photographs,
      options: options {
        $0.rate = 1e30
        $0.start = .random
      })
    #expect(throws: TrainingError.self) { while trainer.done < trainer.steps { _ = try trainer.step() } }
    #expect(trainer.done < trainer.steps)
  }

  @Test func tooFewImages() throws {
    #expect(throws: TrainingError.tooFewImages(found: 3, batch: 4)) {
      _ = try Trainer(model: try bundled(), paths: Self.photographs, options: options { $0.batch = 4 })
    }
  }

  /// The warm start is Class Activation Mapping: scaled maps are the same before any training.
  @Test func theWarmStartIsClassActivationMapping() throws {
    let folder = try TemporaryFolder()
    let model = try bundled()
    let trainer = try Trainer(model: model, paths: Self.photographs, options: options())
    try trainer.save(to: folder.file("checkpoint"))
    try trainer.writeModel(to: folder.file("model"), checkpoint: folder.file("checkpoint"))
    let written = try Model(path: folder.file("model"))
    #expect(written.description.head?.kind == .ttame)
    #expect(written.description.head?.training?.images == 3)
    let session = Session(model: written)
    let input = MethodInput(try Fixtures.crop("espresso", session), written.description.preprocessing)
    func explain(_ name: MethodName) throws -> Explanation {
      try name.makeMethod(session, MethodOptions()).explain(input) { largest(3, of: $0) }
    }
    let (start, cam) = (try explain(.ttame), try explain(.cam))
    #expect(start.logits == cam.logits)
    for (a, b) in zip(start.maps, cam.maps) {
      #expect(a.classIndex == b.classIndex)
      let (own, enlarged) = (SaliencyMap(a.normalized(), crop: 28), SaliencyMap(b.normalized(), crop: 28))
      #expect(correlation(own.values, enlarged.values) > 0.999)
    }
    #expect(start.passes == PassCount(forward: 1) && cam.passes == PassCount(forward: 1))
  }

  /// What is written lies between the start and the trained head; what is trained on does not.
  @Test func theWrittenHeadIsPartOfTheWayFromTheStart() throws {
    let folder = try TemporaryFolder()
    func tensors(_ share: Double) throws -> (losses: [LossTerms], start: Safetensors, end: Safetensors) {
      let trainer = try Trainer(
        model: try bundled(), paths: Self.photographs, options: options { $0.trainedShare = share })
      try trainer.save(to: folder.file("start"))
      let losses = try (0..<3).map { _ in try trainer.step().step.loss }
      try trainer.save(to: folder.file("end"))
      return (losses, try Safetensors(path: folder.file("start")), try Safetensors(path: folder.file("end")))
    }
    let (all, half) = (try tensors(1), try tensors(0.25))
    #expect(all.losses == half.losses)
    for name in ["fuse.weight", "branch.0.bn.weight"] {
      let (start, end) = (try all.start.floats(name), try all.end.floats(name))
      #expect(try half.end.floats(name) == zip(start, end).map { $0 + 0.25 * ($1 - $0) })
      #expect(try half.end.floats("trained.\(name)") == end && start != end)
    }
  }

  /// Branches of few channels keep their convolution; the others are the features themselves, at a start the same map.
  @Test func wideBranchesAreWrittenWithoutTheirConvolution() throws {
    let folder = try TemporaryFolder()
    func written(_ limit: Int?) throws -> Model {
      let trainer = try Trainer(
        model: try bundled(), paths: Self.photographs, options: options { $0.branchLimit = limit })
      try trainer.save(to: folder.file("checkpoint"))
      try trainer.writeModel(to: folder.file("model"), checkpoint: folder.file("checkpoint"))
      return try Model(path: folder.file("model"))
    }
    let (whole, slim) = (try written(nil), try written(1024))
    let head = try #require(slim.description.head)
    #expect(head.training?.options.branchLimit == 1024)
    #expect(head.branches.map(\.node) == ["head.branch.0.relu", "head.branch.1.relu", "act2"])
    #expect(slim.entries.allSatisfy { !$0.name.hasPrefix("head.branch.2.") })
    let maps = try [whole, slim].map { model in
      let session = Session(model: model)
      let input = MethodInput(try Fixtures.crop("espresso", session), model.description.preprocessing)
      return try MethodName.ttame.makeMethod(session, MethodOptions()).explain(input) { largest(3, of: $0) }.maps
    }
    for (a, b) in zip(maps[0], maps[1]) {
      #expect(correlation(a.normalized().values, b.normalized().values) > 0.9999)
    }
  }

  /// A trained head's model says what the head says, up to quantization, and can be trained on.
  @Test func theModelThatIsWrittenCanBeTrainedAgain() throws {
    let folder = try TemporaryFolder()
    let trainer = try Trainer(model: try bundled(), paths: Self.photographs, options: options { $0.epochs = 1 })
    _ = try trainer.step()
    try trainer.save(to: folder.file("checkpoint"))
    try trainer.writeModel(to: folder.file("model"), checkpoint: folder.file("checkpoint"))
    let again = try Trainer(
      model: try Model(path: folder.file("model")), paths: Self.photographs, options: options { $0.epochs = 1 })
    _ = try again.step()
    try again.save(to: folder.file("checkpoint"))
    try again.writeModel(to: folder.file("model"), checkpoint: folder.file("checkpoint"))
    #expect(try Model(path: folder.file("model")).description.head?.training?.steps == 1)
  }
}
