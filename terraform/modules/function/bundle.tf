# What scripts/build-lambda wrote, and whether the function's folder still holds what went into it.

locals {
  output = coalesce(var.output, "${path.module}/../../../output")
  bundle = "${local.output}/${var.name}.zip"
  record = "${local.output}/${var.name}.build.json"
  built  = fileexists(local.bundle) && fileexists(local.record)

  # The architecture and the handler come from here, so that they are those of the bundle.
  build = try(jsondecode(file(local.record)), { architecture = "x86_64", handler = "handler", sources = {} })

  # As host/lib/bundle/collect.lua has it.
  sources = [
    for file in setunion(fileset(path.root, "**/*.lua"), fileset(path.root, "data/**")) : file
    if !can(regex("^(spec|events|plan)/|(^|/)\\.", file))
  ]
  edited = [
    for file in setunion(keys(local.build.sources), local.sources) : file
    if try(filesha256("${path.root}/${file}"), "") != try(local.build.sources[file], "")
  ]
}
