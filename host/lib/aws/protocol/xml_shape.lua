--- The shapes of answers in XML, written as `host.xml` compiles them: a line a node, see `compile` in
-- lua_xml.c. A bundle brings the texts of its operations with it.
-- @module aws.protocol.xml_shape

local shapes = require "aws.protocol.shapes"
local text = require "aws.protocol.text"

local M = {}

-- Every shape is written once: machine code of this would cost more than it saves.
jit.off(true, true)

-- The members of an error that no model describes; those below Message are of S3's "Error
-- responses" page.
local ERRORS = {
  shapes = {
    Text = { type = "string" },
    Nothing = { type = "structure", members = {} },
    Error = { type = "structure", members = {} },
  },
}
for name in ([[Code Message message Type RequestId HostId Bucket BucketName Condition Endpoint Key Method
               Region Resource ResourceType VersionId]]):gmatch("%a+") do
  ERRORS.shapes.Error.members[name] = { shape = "Text" }
end

--- The view of a body without a model.
M.NOTHING = shapes.of(ERRORS, { shape = "Nothing" })

local ERROR = shapes.of(ERRORS, { shape = "Error" })

-- The tag that a member's element has; a flattened list's elements may have one of their own.
local function tag_of(name, view)
  local own = view.type == "list" and view.flattened and view.member.locationName
  return own or view.locationName or name
end

local OWN_KIND = { structure = true, list = true, map = true, boolean = true, timestamp = true, blob = true }

local function kind_of(view)
  local kind = view.type
  if kind == "structure" and view.union then return "union" end
  if OWN_KIND[kind] then return kind end
  return text.is_integer[kind] and "integer" or text.is_float[kind] and "float" or "string"
end

-- Members that an answer's headers or status give are not in its body.
local ELSEWHERE = { header = true, headers = true, statusCode = true }

local function in_body(member)
  return not (ELSEWHERE[member.location] or member.eventheader)
end

local function form_of(view)
  if view.xmlAttribute then return "attribute" end
  return view.flattened and (view.type == "list" or view.type == "map") and "flattened" or "element"
end

-- Writes a view and all it reaches, once. A node is a list of the words of its line.
local Writer = {}
Writer.__index = Writer

function Writer:add(kind)
  local node = { kind }
  self.nodes[#self.nodes + 1] = node
  return node, #self.nodes
end

-- Adds a member to a node; the parts of lists and maps have no name.
local function member(node, number, tag, name, form)
  node[#node + 1] = ("%d %s %s %s"):format(number, form or "element", tag, name or "-")
end

-- The number of a view's node. A view is numbered before its parts are looked at, so one that
-- holds itself ends.
function Writer:number(view)
  local number = self.numbers[view]
  if number then return number end
  local kind = kind_of(view)
  local node
  node, number = self:add(kind)
  self.numbers[view] = number
  if kind == "structure" or kind == "union" then
    self:structure(node, view)
  elseif kind == "list" then
    member(node, self:number(view.member), "member")
  elseif kind == "map" then
    member(node, self:number(view.key), view.key.locationName or "key")
    member(node, self:number(view.value), view.value.locationName or "value")
  end
  return number
end

function Writer:structure(node, view)
  for _, name in ipairs(view.names) do
    local part = view.members[name]
    if in_body(part) then member(node, self:number(part), tag_of(name, part), name, form_of(part)) end
  end
  if node[1] == "union" then
    local unknown, number = self:add "unknown"
    member(unknown, self:string(), "name", "name")
    member(node, number, "*", "SDK_UNKNOWN_MEMBER")
  end
end

function Writer:string()
  if not self.string_number then
    local _, number = self:add "string"
    self.string_number = number
  end
  return self.string_number
end

-- Errors as EC2 (Response/Errors/Error), the query protocol (ErrorResponse/Error) and S3 (Error) write them;
-- and pages for people.
function Writer:errors(document, view)
  local number = self:number(view)
  local errors, errors_number = self:add "structure"
  member(errors, number, "Error", "error")
  local response, response_number = self:add "structure"
  member(response, number, "Error", "error")
  member(response, errors_number, "Errors", "errors")
  member(response, self:string(), "RequestId", "request_id")
  member(response, self:string(), "RequestID", "request_id")
  member(document, number, "Error", "error")
  member(document, response_number, "ErrorResponse", "response")
  member(document, response_number, "Response", "response")
  member(document, self:string(), "html", "html")
end

function Writer:text()
  local lines = {}
  for i, node in ipairs(self.nodes) do lines[i] = table.concat(node, " ") end
  return table.concat(lines, "\n")
end

--- The only member of a structure's body, if that is a scalar: S3 gives it without the structure
-- around it where its model says otherwise (GetBucketLocation).
-- @tparam table view
-- @treturn ?string its name
-- @treturn ?table its view
function M.sole_scalar(view)
  local sole
  for _, name in ipairs(view.names) do
    if in_body(view.members[name]) then
      if sole then return nil end
      sole = name
    end
  end
  local part = sole and view.members[sole]
  if part and part.type ~= "structure" and part.type ~= "list" and part.type ~= "map" then
    return sole, part
  end
end

--- Writes the shape of a document that holds what a view describes, within the element `resultWrapper` of
-- the root where the view has one, or an error.
-- @tparam table view
-- @tparam[opt] table failed the view of the error; else what any may hold
-- @treturn string
function M.document(view, failed)
  local writer = setmetatable({ nodes = {}, numbers = {} }, Writer)
  local document = writer:add "structure"
  writer:errors(document, failed or ERROR)
  local result = writer:number(view)
  if view.resultWrapper then
    local wrapped, number = writer:add "structure"
    member(wrapped, result, view.resultWrapper, "result")
    member(document, number, "*", "wrapped")
  else
    local name, sole = M.sole_scalar(view)
    if name then member(document, writer:number(sole), tag_of(name, sole), "sole") end
    member(document, result, "*", "result")
  end
  return writer:text()
end

return M
