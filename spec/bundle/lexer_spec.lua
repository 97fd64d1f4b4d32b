local lexer = require "bundle.lexer"

-- "kind:text" of each token.
local function read(source)
  local list = {}
  for i, token in ipairs(lexer.tokens(source)) do list[i] = token.kind .. ":" .. token.text end
  return list
end

describe("bundle.lexer", function()
  it("splits names, numbers, symbols and strings", function()
    assert.same({ "name:a", "symbol:.", "name:b", "symbol:=", "number:0x1F", "symbol:..", "string:c" },
      read [[a.b = 0x1F .. "c"]])
  end)

  it("keeps comparison, dots and labels in one piece", function()
    assert.same({ "symbol:==", "symbol:~=", "symbol:<=", "symbol:...", "symbol:::", "symbol::" },
      read "== ~= <= ... :: :")
  end)

  it("passes over comments of both forms", function()
    assert.same({ "name:a", "name:b", "name:c" }, read "a -- x:y()\nb --[==[ ]] z:y()\n]==] c -- end")
  end)

  it("gives strings their value", function()
    assert.same({ 'string:a"b', "string:it's", "string:back\\", "string:two\nlines" },
      read [['a"b' "it's" "back\\" "two\nlines"]])
  end)

  it("reads long strings, whatever is inside", function()
    assert.same({ "string: ]] \" -- ", "name:x" }, read "[=[ ]] \" -- ]=] x")
  end)

  it("counts lines through comments and strings", function()
    local tokens = lexer.tokens("--[[\n\n]] a\n[[\n]] b 'x\\\ny' c")
    local lines = {}
    for i, token in ipairs(tokens) do lines[i] = token.line end
    assert.same({ 3, 4, 5, 5, 6 }, lines)
  end)

  it("passes over a first line for the shell", function()
    assert.same({ "name:a" }, read "#!/usr/bin/lua x:y()\na")
  end)

  it("ends with the source, even inside a string or comment", function()
    assert.same({ "name:a", "string:b" }, read "a 'b'")
    assert.equal(2, #read "a 'b")
    assert.same({ "name:a" }, read "a --[[ b")
    assert.same({}, read "")
  end)
end)
