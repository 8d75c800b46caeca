import ArgumentParser

/// How pictures are named in a folder.
struct NamingOptions: ParsableArguments {
  @Flag(help: "In the folder of -o, mirror the folders of the inputs.")
  var tree = false

  @Flag(help: "Leave out inputs whose pictures exist already; --json-file is added to.")
  var skipExisting = false

  var naming: OutputPlan.Naming { OutputPlan.Naming(mirrorsFolders: tree, skipsExisting: skipExisting) }
}
