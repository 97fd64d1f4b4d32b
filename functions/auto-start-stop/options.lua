--- What a resource's tags say of how it is started and stopped; when is `decide`'s.

local tags = require "fleet.tags"

local M = {}

-- One of some words.
local function choice(key, words)
  return {
    key = key,
    example = words[1],
    convert = function(text)
      for _, word in ipairs(words) do
        if text:lower() == word then return word end
      end
      return nil, "is none of " .. table.concat(words, ", ")
    end,
  }
end

-- Instance types, the first choice first. Tags that take no commas have them apart by blanks.
local function types(key)
  return {
    key = key,
    example = "m6i.large m5.large",
    convert = function(text)
      local list = {}
      for word in text:gmatch("[^%s,]+") do
        if not word:find("^%l[%w-]*%.[%w-]+$") then return nil, ("%q is no instance type"):format(word) end
        list[#list + 1] = word
      end
      return list
    end,
  }
end

local OPTIONS = tags.schema {
  hibernate = tags.boolean { key = "start-stop:hibernate", default = false },
  order = tags.integer { key = "start-stop:order", example = "10" },
  types = types "start-stop:types",
  group = choice("start-stop:asg", { "scale", "suspend" }),
}

--- The keys of the tags that it reads.
M.keys = OPTIONS:keys()

--- Reads the options of a resource into it: `options`, and `wrong` where a tag cannot be read.
-- @tparam table resource with `id` and `tags`
-- @treturn table the same resource
function M.read(resource)
  local values, errors, right = OPTIONS:read(resource.tags, resource.id)
  resource.options = values or right
  if errors then resource.wrong = tags.messages(errors) end
  return resource
end

--- Whether a resource has one of some tags.
-- @tparam ?{table,...} list AWS's list of `{ Key, Value }`
-- @tparam {string,...} keys
-- @treturn boolean
function M.has_any(list, keys)
  for _, key in ipairs(keys) do
    if tags.value(list, key) then return true end
  end
  return false
end

return M
