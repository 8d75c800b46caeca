import ArgumentParser

/// How pictures are named in a folder.
struct NamingOptions: ParsableArguments {
  @Flag(help: "Mirror the folders of the inputs in the folder of -o.")
  var tree = false

  @Flag(help: "Skip inputs whose outputs exist and, with --json-file, have a line there; append to it.")
  var skipExisting = false

  var naming: OutputPlan.Naming { OutputPlan.Naming(mirrorsFolders: tree, skipsExisting: skipExisting) }
}
