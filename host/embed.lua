-- Writes the standard library as a C table of bytecode: luajit embed.lua DIR OUT.c
-- Bytecode keeps its line numbers, for stack traces; the same sources give the same bytes.

local root, out = arg[1], arg[2]

local function module_name(file)
  return (file:gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

local function bytecode(file)
  local handle = assert(io.open(root .. "/" .. file, "rb"))
  local chunk = assert(loadstring(handle:read("*a"), "@lib/" .. file))
  handle:close()
  return string.dump(chunk, "d")
end

local function c_bytes(code)
  local lines = {}
  for at = 1, #code, 24 do
    lines[#lines + 1] = "    " .. code:sub(at, at + 23):gsub(".", function(byte)
      return byte:byte() .. ","
    end)
  end
  return table.concat(lines, "\n")
end

local modules = {}
for i = 3, #arg do
  modules[#modules + 1] = { name = module_name(arg[i]), code = bytecode(arg[i]) }
end
table.sort(modules, function(a, b) return a.name < b.name end)

local text, entries, length = { '#include "library.h"\n', "const unsigned char library_text[] = {" }, {}, 0
for i, module in ipairs(modules) do
  local name = module.name .. "\0"
  text[#text + 1] = ("    /* %s */\n%s"):format(module.name, c_bytes(name .. module.code))
  entries[i] = ("    {%d, %d, %d},"):format(length, length + #name, #module.code)
  length = length + #name + #module.code
end
text[#text + 1] = "};\n\nconst struct library_module library[] = {"
text[#text + 1] = table.concat(entries, "\n") .. "\n};\n"
text[#text + 1] = "const size_t library_size = sizeof library / sizeof *library;\n"

local handle = assert(io.open(out, "wb"))
handle:write(table.concat(text, "\n"))
handle:close()
