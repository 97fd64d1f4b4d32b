-- Temporary folders and a small service for the specs of the bundler.

local files = require "bundle.files"

local M = {}

--- A model with a recursive shape, a member called "documentation", errors, a paginator and waiters.
function M.zoo()
  return {
    source = "botocore 1.2.3",
    metadata = { endpointPrefix = "zoo", protocol = "json", serviceId = "Zoo" },
    documentation = "<p>A zoo.</p>",
    operations = {
      ListAnimals = {
        name = "ListAnimals",
        documentation = "<p>Lists.</p>",
        http = { method = "POST", requestUri = "/" },
        input = { shape = "ListAnimalsRequest" },
        output = { shape = "ListAnimalsResponse" },
        errors = { { shape = "ClosedException" } },
      },
      FeedAnimal = {
        name = "FeedAnimal",
        http = { method = "PUT", requestUri = "/" },
        input = { shape = "FeedAnimalRequest" },
      },
      CloseZoo = { name = "CloseZoo", http = { method = "POST", requestUri = "/" } },
    },
    shapes = {
      ListAnimalsRequest = { type = "structure", members = { NextToken = { shape = "String" } } },
      ListAnimalsResponse = {
        type = "structure",
        required = { "Animals" },
        members = {
          Animals = { shape = "AnimalList", documentation = "<p>All.</p>", locationName = "animals" },
          NextToken = { shape = "String" },
        },
      },
      AnimalList = { type = "list", member = { shape = "Animal", documentation = "One." } },
      Animal = {
        type = "structure",
        members = {
          documentation = { shape = "String", documentation = "What the keeper wrote." },
          young = { shape = "AnimalList" },
          tags = { shape = "TagMap" },
        },
      },
      TagMap = { type = "map", key = { shape = "TagKey" }, value = { shape = "String" } },
      TagKey = { type = "string", min = 1, max = 128, pattern = ".*", enum = { "a", "b" } },
      String = { type = "string" },
      ClosedException = { type = "structure", exception = true, members = { reason = { shape = "Reason" } } },
      Reason = { type = "string" },
      FeedAnimalRequest = { type = "structure", members = { Food = { shape = "Food" } } },
      Food = { type = "blob", sensitive = true },
    },
    paginators = {
      ListAnimals = { input_token = "NextToken", output_token = "NextToken", result_key = "Animals" },
    },
    endpoint_rules = {
      version = "1.0",
      parameters = { Region = { type = "string", builtIn = "AWS::Region", documentation = "Where." } },
      rules = {
        { type = "endpoint", conditions = {}, endpoint = { url = "https://zoo.{Region}.example" } },
        { type = "endpoint", conditions = {}, endpoint = { url = "https://never.example" } },
      },
    },
    waiters = {
      AnimalPresent = { operation = "ListAnimals", delay = 1, maxAttempts = 2, acceptors = {} },
      AnimalFed = { operation = "FeedAnimal", delay = 1, maxAttempts = 2, acceptors = {} },
    },
  }
end

--- Loads the models of the small world in which there is a zoo and nothing else.
function M.load(service)
  if service == "zoo" then return M.zoo() end
  return nil, ("unknown service %q"):format(service)
end

--- AWS's partitions, as they are in the small world.
function M.partitions()
  return { partitions = { { id = "aws", regions = { ["eu-1"] = { description = "Here" } } } } }
end

--- A new temporary folder.
function M.folder()
  return (files.must { "mktemp", "-d" }:gsub("%s+$", ""))
end

--- Removes a folder made by `folder`.
function M.remove(folder)
  files.must { "rm", "-rf", folder }
end

--- Writes files below a folder.
-- @tparam string folder
-- @tparam {[string]=string} contents path → bytes
function M.lay(folder, contents)
  for path, bytes in pairs(contents) do files.write(folder .. "/" .. path, bytes) end
end

--- The words that run a Lua file in the interpreter that runs the specs.
-- @tparam string script
-- @treturn {string,...}
function M.interpreter(script)
  local words = { os.getenv "EMULATOR" } -- where the program is another processor's
  for _, word in ipairs { require("host").program(), "run", script } do words[#words + 1] = word end
  return words
end

return M
