-- How a shell runs the program that runs the specs: in the emulator, where it is of another processor.

local function quote(word) return "'" .. word:gsub("'", "'\\''") .. "'" end

local emulator = os.getenv "EMULATOR"
return (emulator and quote(emulator) .. " " or "") .. quote(require("host").program())
