--- Service models in the botocore form: from the bundle in Lambda, from a botocore `data` directory
-- in a checkout.
--
-- A model is a `service-2.json` table plus
--
-- * `paginators`, `waiters`: by operation and by waiter, nil where there are none
-- * `endpoint_rules`, `partitions`: the `endpoint-rule-set-1.json` and `partitions.json` tables, or nil
-- * `service`: the name it was loaded by; `source`: such as `botocore 1.37.9`
-- * `bundled`: true in a bundle; `undeclared` then names the operations left out, in one string
-- @module aws.model

local nearest = require "lazy" "nearest"
local source = require "lazy" "aws.model_source"

local M = {}

--- The form that a bundle's models have. It goes up when an earlier runtime would misread them: a bundle may
-- meet one, where the runtime is in a layer. 2: what answers in XML hold is written as it is read.
M.FORM = 2

local COMPANIONS = {
  paginators = { document = "paginators-1", part = "pagination" },
  waiters = { document = "waiters-2", part = "waiters" },
  endpoint_rules = { document = "endpoint-rule-set-1" },
}

local models = {}
local partitions = {}

local function bundle_directory(getenv)
  local root = getenv("LAMBDA_TASK_ROOT")
  return root and root .. "/models"
end

local function source_directory(getenv)
  local chosen = getenv("AWS_MODELS")
  if chosen and chosen ~= "" then return chosen end
  local ok, host = pcall(require, "host")
  local program = ok and host.program()
  return program and (program:gsub("[^/]+$", "models"))
end

-- Whether a text can be a service's name, and not a path.
local function is_name(text)
  return text:find("^%w[%w%-]*$") ~= nil
end

-- A chunk of the bundle; nil where there is no such file.
local function bundled(path)
  local file = io.open(path, "rb")
  if not file then return nil end
  file:close()
  return assert(loadfile(path))()
end

-- What belongs to a model and is read when somebody asks: S3's rules alone are 0.9 MB.
local function companion(key, folder, getenv)
  if key == "partitions" then return M.partitions(getenv) end
  local wanted = folder and COMPANIONS[key]
  local document = wanted and source.document(folder, wanted.document)
  return document and (wanted.part and document[wanted.part] or document) or nil
end

local function from_bundle(directory, service)
  local model = directory and bundled(directory .. "/" .. service .. ".lua")
  if not model then return nil end
  if (model.form or 1) > M.FORM then
    return nil, "the bundle was built for a later runtime than this one; publish the runtime's layer anew, "
      .. "or build the bundle without --layer"
  end
  model.bundled = true
  return model
end

local function unknown(service, bundle, directory)
  local known = directory and source.services(directory) or {}
  if #known > 0 then
    return ("unknown service %q%s"):format(service, nearest.suggest(service, known))
  elseif bundle then
    local field = service:find("^[%a_][%w_]*$") and service or ('["' .. service .. '"]')
    return ("the bundle holds no model of %q; requirements.lua: add %s = { \"SomeOperation\" } to aws")
      :format(service, field)
  end
  return ("no service models in %s; build the project, or set AWS_MODELS to botocore's data directory")
    :format(directory or "this installation")
end

-- A model, or nil and what is wrong; and the folder that its companions are in.
local function find(service, bundle, directory)
  if not is_name(service) then return nil, unknown(service, bundle, directory) end
  local model, message = from_bundle(bundle, service)
  if model or message then return model, message end
  local folder = directory and source.folder(directory, service)
  if not folder then return nil, unknown(service, bundle, directory) end
  model, message = source.document(folder, "service-2")
  if model then model.source = source.version(directory) end
  return model, message, folder
end

--- Loads a service's model, once.
-- @tparam string service boto3's name, such as `ec2`
-- @tparam[opt=os.getenv] function getenv
-- @treturn ?table the model
-- @treturn ?string what is wrong, with the nearest names
function M.load(service, getenv)
  getenv = getenv or os.getenv
  local bundle, directory = bundle_directory(getenv), source_directory(getenv)
  local key = table.concat({ service, bundle or "", directory or "" }, "\0")
  if models[key] then return models[key] end
  local model, message, folder = find(service, bundle, directory)
  if not model then return nil, message end
  model.service = service
  models[key] = setmetatable(model, {
    __index = function(_, name)
      local value = companion(name, folder, getenv)
      rawset(model, name, value)
      return value
    end,
  })
  return model
end

--- The services that there are models of.
-- @tparam[opt=os.getenv] function getenv
-- @treturn {string,...} sorted
function M.services(getenv)
  getenv = getenv or os.getenv
  local bundle, directory = bundle_directory(getenv), source_directory(getenv)
  local known = bundle and source.bundled(bundle) or {}
  if #known > 0 or not directory then return known end
  return source.services(directory)
end

--- The partitions of AWS, for the endpoint rules.
-- @tparam[opt=os.getenv] function getenv
-- @treturn ?table the `partitions.json` table; nil where there is none
function M.partitions(getenv)
  getenv = getenv or os.getenv
  local bundle, directory = bundle_directory(getenv), source_directory(getenv)
  local key = (bundle or "") .. "\0" .. (directory or "")
  if not partitions[key] then
    partitions[key] = bundle and bundled(bundle .. "/partitions.lua")
      or directory and source.document(directory, "partitions") or nil
  end
  return partitions[key]
end

return M
