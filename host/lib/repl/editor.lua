--- Lines edited with libedit, by its callback interface: the loop waits for the terminal, and libedit gets
-- each character when it has come.
--
-- libedit is opened when the console starts; the program is not linked with it.
--
-- Source: libedit, editline/readline.h; GNU Readline Library, "Alternate Interface", "Custom Completers".
-- @module repl.editor

local complete = require "repl.complete"
local console = require "host.console"
local ffi = require "ffi"
local histories = require "repl.history"
local host = require "host.task"
local line = require "repl.line"

local M = {}

local LIBRARY = "libedit.so.2"
local MISSING = "no history and no completion here: install libedit (Debian: apt-get install libedit2)"

local INPUT = 0

ffi.cdef [[
typedef char **rl_completion_func_t(const char *text, int start, int end);
extern const char *rl_readline_name;
extern char *rl_line_buffer;
extern const char *rl_completer_word_break_characters;
extern int rl_completion_append_character, rl_attempted_completion_over;
extern rl_completion_func_t *rl_attempted_completion_function;
int rl_initialize(void);
void rl_callback_handler_install(const char *prompt, void (*on_line)(char *line));
void rl_callback_handler_remove(void);
void rl_callback_read_char(void);
int rl_forced_update_display(void);
int add_history(const char *line);
void free(void *memory);
void *malloc(size_t size);
char *strdup(const char *text);
]]

-- ---- completion ----

local function common_prefix(words)
  local prefix = words[1]
  for _, word in ipairs(words) do
    while word:sub(1, #prefix) ~= prefix do prefix = prefix:sub(1, -2) end
  end
  return prefix
end

-- The list that libedit frees: what all have in common, then the words, then NULL.
local function c_list(words)
  local list = ffi.cast("char **", ffi.C.malloc((#words + 2) * ffi.sizeof "char *"))
  list[0] = ffi.C.strdup(common_prefix(words))
  for i, word in ipairs(words) do list[i] = ffi.C.strdup(word) end
  list[#words + 1] = nil
  return list
end

-- libedit's word and the one completed may begin at different places.
local function completed(before, text, environment)
  local words, word = complete.words(before, environment)
  local head = text:sub(1, math.max(0, #text - #word))
  for i, candidate in ipairs(words) do words[i] = head .. candidate end
  return words
end

-- ---- the editor ----

local Editor = {}
Editor.__index = Editor

local function on_line(self, text)
  if text == nil then
    self.ended = true
    return
  end
  self.line = ffi.string(text)
  ffi.C.free(text)
end

-- No error may cross libedit.
local function on_complete(self, text, last)
  local lib = self.lib
  lib.rl_attempted_completion_over = 1 -- no names of files
  local ok, words = pcall(function()
    return completed(ffi.string(lib.rl_line_buffer, last), ffi.string(text), self.environment)
  end)
  return ok and #words > 0 and c_list(words) or nil
end

local function keep(self, text)
  if self.history:add(text) then self.lib.add_history(text) end
end

-- `print` while the prompt waits: above it.
local function print_above(self)
  return function(...)
    if self.at_prompt then io.stdout:write "\r\27[K" end
    print(...)
    io.stdout:flush()
    if self.at_prompt then self.lib.rl_forced_update_display() end
  end
end

--- Completes from an environment.
-- @tparam table environment of the console's entries, which gets a `print` of its own
function Editor:use(environment)
  self.environment = environment
  environment.print = print_above(self)
end

local function leave_prompt(self)
  self.at_prompt = false
  self.lib.rl_callback_handler_remove()
end

--- Reads a line.
-- @tparam string prompt
-- @treturn ?string
-- @treturn ?string why there is none
function Editor:read(prompt)
  local lib = self.lib
  self.line, self.ended = nil, false
  lib.rl_callback_handler_install(prompt, self.on_line)
  self.at_prompt = true
  while not (self.line or self.ended) do
    host.wait(console.attention(INPUT))
    if console.interrupted() then
      leave_prompt(self)
      io.stdout:write "^C\n"
      return nil, line.INTERRUPTED
    end
    lib.rl_callback_read_char()
  end
  leave_prompt(self)
  if self.ended then
    io.stdout:write "\n"
    return nil, line.ENDED
  end
  keep(self, self.line)
  return self.line
end
-- Machine code must not call what calls back into Lua.
jit.off(Editor.read)

function Editor:close()
  self.on_line:free()
  self.on_complete:free()
end

local function set_up(self)
  local lib = self.lib
  os.setlocale("", "ctype") -- how many columns a character takes
  lib.rl_readline_name = self.name
  lib.rl_initialize()
  lib.rl_completion_append_character = 0
  lib.rl_completer_word_break_characters = self.breaks
  lib.rl_attempted_completion_function = self.on_complete
  for _, text in ipairs(self.history.lines) do lib.add_history(text) end
end

--- Opens the editor.
-- @treturn ?table with the methods above
-- @treturn ?string what is missing
function M.open()
  local found, lib = pcall(ffi.load, LIBRARY)
  if not found then return nil, MISSING end
  local history, problem = histories.open()
  if problem then io.stdout:write("no history is kept: ", problem, "\n") end
  local self = setmetatable({ lib = lib, history = history, environment = {} }, Editor)
  self.name, self.breaks = "lualambda", " \t\n\"'`@$><=;|&{}()[].:,+*/%^#~"
  self.on_line = ffi.cast("void (*)(char *)", function(text) on_line(self, text) end)
  self.on_complete = ffi.cast("rl_completion_func_t *", function(text, _, last)
    return on_complete(self, text, last)
  end)
  set_up(self)
  return self
end

return M
