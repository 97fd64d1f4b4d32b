local jmespath = require "aws.jmespath"
local json = require "json"

local function decode(text)
  return text and assert(json.decode(text))
end

-- The result as JSON; objects in it have one member, or the order would not be known.
local function search(expression, data)
  local result, message = jmespath.search(expression, decode(data))
  if message then
    return message
  end
  return result == nil and "null" or assert(json.encode(result))
end

-- cases: expression, expected JSON or message, in turns; all on the same data
local function check(data, cases)
  for place = 1, #cases, 2 do
    assert.are.equal(cases[place + 1], search(cases[place], data), cases[place])
  end
end

describe("jmespath", function()
  it("has identifiers, quoted or not", function()
    check('{"a":1,"_b2":2,"":3,"with space":4,"ä":5,"\\"":6}', {
      "a", "1", "_b2", "2", '"a"', "1", '""', "3", '"with space"', "4", '"ä"', "5", [["\u00e4"]], "5",
      [["\""]], "6",
      " a ", "1", "\n\ta", "1", "none", "null",
    })
  end)

  it("has sub-expressions", function()
    check('{"a":{"b":{"c":[1]}},"s":"x","l":[1]}', {
      "a.b.c", "[1]", "a . b", '{"c":[1]}', "a.x.c", "null", "s.length", "null", "l.a", "null",
      "@.a.b.c[0]", "1",
    })
  end)

  it("has indices from both ends", function()
    check('{"l":[1,2,3],"o":{"a":1},"s":"text"}', {
      "l[0]", "1", "l[2]", "3", "l[3]", "null", "l[-1]", "3", "l[-3]", "1", "l[-4]", "null",
      "o[0]", "null", "o[-1]", "null", "s[0]", "null", "none[0]", "null", "l[ 1 ]", "2",
    })
    check("[[1,2],[3]]", { "[0]", "[1,2]", "[0][1]", "2", "[1][1]", "null" })
  end)

  it("has slices", function()
    check("[0,1,2,3,4]", {
      "[:]", "[0,1,2,3,4]", "[::]", "[0,1,2,3,4]", "[1:3]", "[1,2]", "[:2]", "[0,1]", "[3:]", "[3,4]",
      "[-2:]", "[3,4]", "[:-2]", "[0,1,2]", "[::2]", "[0,2,4]", "[1::2]", "[1,3]", "[::-1]", "[4,3,2,1,0]",
      "[::-2]", "[4,2,0]", "[3:1:-1]", "[3,2]", "[1:3:-1]", "[]", "[-100:100]", "[0,1,2,3,4]",
      "[100:-100:-1]", "[4,3,2,1,0]", "[5:]", "[]", "[:0]", "[]",
      "[::0]", "invalid-value: a slice cannot have a step of 0 (column 4)",
    })
    check('{"s":"text","o":{}}', { "s[:]", "null", "o[:]", "null", "none[:]", "null" })
    check('[{"a":1},{"a":2},{"b":3}]', { "[:].a", "[1,2]", "[::-1].a | [0]", "2" })
    check('[[{"a":1},{"a":2}]]', { "[0][1:].a", "[2]" }) -- also after an index
  end)

  it("has list projections", function()
    check('{"l":[{"a":1},{"a":null},{"b":3},4,{"a":[5,6]}],"o":{"a":1}}', {
      "l[*].a", "[1,[5,6]]", "l[*].a[0]", "[5]", "l[*].a | [0]", "1", "o[*]", "null", "none[*].a", "null",
      "l[*].none", "[]", "l[].a", "[1,[5,6]]",
    })
    check("[[1,2],[3,null]]", { "[*]", "[[1,2],[3,null]]", "[*][0]", "[1,3]", "[*][*]", "[[1,2],[3]]" })
  end)

  it("has object projections, in the order of names", function()
    check('{"c":{"x":3},"a":{"x":1},"b":{"y":2},"d":null}', {
      "*.x", "[1,3]", "*", '[{"x":1},{"y":2},{"x":3}]', "c.*", "[3]", "*.*", "[[1],[2],[3]]", "d.*", "null",
    })
    check("[1]", { "*", "null" })
  end)

  it("has flattening", function()
    check("[1,[2,[3,[4]]],[],null,{}]", {
      "[]", "[1,2,[3,[4]],{}]", "[][]", "[1,2,3,[4],{}]", "[*][]", "[1,2,[3,[4]],{}]",
    })
    check('{"r":[{"i":[{"n":1},{"n":2}]},{"i":[{"n":3}]}]}', {
      "r[].i[].n", "[1,2,3]", "r[*].i[*].n", "[[1,2],[3]]", "r[].i[0].n", "[1,3]", "r[].i[] | [0].n", "1",
    })
    check('{"a":1}', { "[]", "null", "a[]", "null" })
  end)

  it("has filters", function()
    check('{"l":[{"a":1,"t":"x"},{"a":2,"t":"y"},{"a":3},{"t":""}]}', {
      "l[?a > `1`].a", "[2,3]", "l[?t].a", "[1,2]", "l[?t == 'y'] | [0].a", "2", "l[?!t].a", "[3]",
      "l[?a == `1` || a == `3`].a", "[1,3]", "l[?a >= `2` && t].a", "[2]", "l[?a != `2`].a", "[1,3]",
      "l[?contains(['x'], t)].a", "[1]", "l[?a][?t == 'x']", "[]", "l[?none]", "[]", "l[?@.a == `3`].a",
      "[3]",
    })
    check('{"o":{"a":1}}', { "o[?a]", "null", "o.a[?@]", "null" })
  end)

  it("has multi-selects", function()
    check('{"a":1,"b":{"c":2}}', {
      "[a,b.c]", "[1,2]", "[none,a]", "[null,1]", "{x:b.c}", '{"x":2}', '{"x y":none}', '{"x y":null}',
      "b.[c,@]", '[2,{"c":2}]', "b.{x:c}.x", "2", "none.[a]", "null", "none.{x:a}", "null", "[[a],[b]]",
      '[[1],[{"c":2}]]',
    })
    check('{"l":[{"a":1},{"a":2}]}', { "l[*].[a]", "[[1],[2]]", "l[].{n:a}", '[{"n":1},{"n":2}]' })
  end)

  it("has pipes", function()
    check('{"a":[{"b":1},{"b":2}]}', {
      "a[*].b | [0]", "1", "a[*].b|sum(@)", "3", "none | a", "null", "a | [1] | b", "2", "(a[*].b)[1]", "2",
    })
  end)

  it("has literals and raw strings", function()
    check("null", {
      "`1`", "1", "`\"a\"`", '"a"', "` [1, 2] `", "[1,2]", "`{\"a\":null}`", '{"a":null}', "`null`", "null",
      "`false`", "false", "`\"\\u00e4\"`", '"ä"', "`\"a\\`b\"`", '"a`b"', "`bare`", '"bare"', "'raw'",
      '"raw"',
      "''", '""', "'a\\'b'", [["a'b"]], [['a\b']], [["a\\b"]], "'`'", '"`"', "'\"'", '"\\""',
    })
  end)

  it("has or, and, not on what is true", function()
    check('{"t":true,"f":false,"n":null,"e":"","s":"x","z":0,"l":[],"o":{},"m":[0]}', {
      "t || f", "true", "f || z", "0", "e || l || o || n || s", '"x"', "t && s", '"x"', "f && t", "false",
      "l && t", "[]", "z && t", "true", "m && t", "true", "!t", "false", "!f", "true", "!n", "true", "!e",
      "true",
      "!z", "false", "!l", "true", "!o", "true", "!m", "false", "!!s", "true", "none || s", '"x"',
    })
  end)

  it("compares", function()
    check('{"a":1,"b":2,"s":"a","t":"b","l":[1,{"x":null}],"m":[1,{"x":null}],"o":{},"e":[]}', {
      "a < b", "true", "a <= a", "true", "a > b", "false", "b >= a", "true", "a == a", "true", "a != b",
      "true",
      "s < t", "true", "s >= t", "false", "a < s", "null", "a < none", "null", "l < m", "null",
      "`true` > `false`", "null",
      "l == m", "true", "l != m", "false", "o == e", "false", "none == `null`", "true", "a == `1.0`",
      "true",
      "a == s", "false", "`true` == `1`", "false", "`{\"x\":null}` == o", "false",
    })
  end)

  it("binds or weaker than and, comparison stronger, not strongest", function()
    check('{"t":true,"f":false,"a":1}', {
      "t || f && f", "true", "(t || f) && f", "false", "f && f || t", "true", "!f && t", "true",
      "!(f && t)", "true",
      "a == `1` && t", "true", "!a == f", "true", "f || a | @", "1", "t | f || a", "null",
    })
  end)

  it("compiles what is syntax, and nothing else", function()
    for _, expression in ipairs {
      "", " ", ".", ".a", "a.", "a..b", "a b", "a.1", "a.[0]", "a[", "a]", "a[b]", "a[0", "a[0,1]",
      "a[-]", "a[*", "a[1:2:3:4]",
      "a[1 2]", "a[:a]", "[", "]", "[,]", "[a,]", "[a", "{", "{}", "{a}", "{a:}", "{a:b,}", "{a:b",
      "{1:a}", "{a:b c:d}",
      "(", "()", "(a", "a)", "&", "&a", "[&a]", "a &", "a &&", "&& a", "a ||", "a | ", "| a", "!", "a !",
      "a = b",
      "a == ", "== a", "a <> b", "'a", '"a', "`a", '"\\x"', '`"a`', "a[?", "a[?]", "a[?a", "a[ ?a]", "*a",
      "a*", "**", "a.*b",
      "@a", "@(a)", '"length"(@)', "length(", "length(@", "length(a b)", "length(a,)", "length(,)", "#",
      "a#", "-1", "1", "$",
      "a.'b'", "a.`1`", "a.(b)", "a.@", "a[*]b", "a{b:c}", "\128",
    } do
      local result, message = jmespath.search(expression, { a = 1 })
      assert.is_nil(result, expression)
      assert(message:find("^syntax: .* %(column %d+%)$"), expression .. ": " .. message)
    end
  end)

  it("says where an error is", function()
    check("{}", {
      "a.b.", "syntax: unexpected end of the expression (column 5)",
      "a == b ]", "syntax: unexpected ] (column 8)",
      "a.'b'", "syntax: unexpected 'b' (column 3)",
      "a || 'b", "syntax: no closing ' (column 6)",
      "a ~ b", "syntax: unexpected ~ (column 3)",
      "a.none(b)", "unknown-function: none() (column 3)",
      "a || length()", "invalid-arity: length(): expected 1 arguments, got 0 (column 6)",
      "merge()", "invalid-arity: merge(): expected at least 1 arguments, got 0 (column 1)",
      "[abs('a')]", "invalid-type: abs(): argument 1: expected number, got string (column 2)",
      "sum(`[1,\"a\"]`)",
      "invalid-type: sum(): argument 1: expected array[number], got an array with string (column 1)",
    })
  end)

  it("has functions of numbers", function()
    check('{"n":-1.5,"l":[1,2,3.5],"e":[]}', {
      "abs(n)", "1.5", "abs(`2`)", "2", "ceil(n)", "-1", "floor(n)", "-2", "ceil(`-0.5`)", "0",
      "sum(l)", "6.5", "sum(e)", "0", "avg(`[1,2,3]`)", "2", "avg(e)", "null",
    })
  end)

  it("has functions of strings", function()
    check('{"s":"äb𝄞","l":["a","b"]}', {
      "length(s)", "3", "reverse(s)", '"𝄞bä"', "starts_with(s,'ä')", "true", "starts_with(s,'b')", "false",
      "ends_with(s,'𝄞')", "true", "ends_with(s,'')", "true", "ends_with('a','ba')", "false",
      "contains(s,'b')", "true",
      "contains(s,'.')", "false", "contains(s,`1`)", "false", "join(', ',l)", '"a, b"', "join('',`[]`)",
      '""',
    })
  end)

  it("has functions of arrays and objects", function()
    check('{"l":[3,1,2],"s":["b","a","B"],"o":{"b":1,"a":[2]},"e":[],"x":{}}', {
      "length(l)", "3", "length(o)", "2", "length(x)", "0", "reverse(l)", "[2,1,3]", "sort(l)", "[1,2,3]",
      "sort(s)", '["B","a","b"]', "sort(e)", "[]", "min(l)", "1", "max(l)", "3", "min(s)", '"B"',
      "max(s)", '"b"',
      "max(e)", "null", "min(e)", "null", "contains(l,`2`)", "true", "contains(l,'2')", "false",
      "contains([o],`{\"a\":[2],\"b\":1}`)", "true", "keys(o)", '["a","b"]', "values(o)", "[[2],1]",
      "merge(x,`{\"a\":1}`,`{\"a\":2}`)", '{"a":2}', "map(&@,e)", "[]", "map(&[0],`[[1],[],2]`)",
      "[1,null,null]",
    })
  end)

  it("has functions that order by an expression, and keep what is equal in its order", function()
    check('[{"n":"a","k":2},{"n":"b","k":1},{"n":"c","k":2},{"n":"d","k":1}]', {
      "sort_by(@,&k)[].n", '["b","d","a","c"]', "sort_by(@,&n)[0].n", '"a"', "max_by(@,&k).n", '"a"',
      "min_by(@,&k).n", '"b"', "sort_by(@,&-k)", "syntax: unexpected - (column 12)", "sort_by(`[]`,&k)",
      "[]",
      "max_by(`[]`,&k)", "null", "sort_by(@,&k || n)[0].k", "1",
      "sort_by(@,&[k])",
      "invalid-type: sort_by(): expected only numbers or only strings to order by, got array (column 1)",
      "min_by(`[1,\"a\"]`,&@)",
      "invalid-type: min_by(): expected only numbers or only strings to order by, got string (column 1)",
    })
  end)

  it("has functions of any value", function()
    check('{"s":"x","n":1.5,"t":true,"l":[1],"o":{"a":"b"},"z":null}', {
      "type(s)", '"string"', "type(n)", '"number"', "type(t)", '"boolean"', "type(l)", '"array"',
      "type(o)", '"object"',
      "type(z)", '"null"', "type(none)", '"null"', "to_array(l)", "[1]", "to_array(s)", '["x"]',
      "to_array(none)", "[null]",
      "to_string(s)", '"x"', "to_string(l)", '"[1]"', "to_string(t)", '"true"', "to_string(none)", '"null"',
      "to_string(o)", [["{\"a\":\"b\"}"]], "to_string(n)", '"1.5"',
      "to_number(n)", "1.5", "to_number('-1.5e1')", "-15", "to_number('0')", "0", "to_number('x')", "null",
      "to_number('')", "null", "to_number('0x10')", "null", "to_number(' 1')", "null", "to_number('1.')",
      "null",
      "to_number('01')", "null", "to_number(l)", "null", "to_number(t)", "null", "to_number(z)", "null",
      "not_null(none,z,s)", '"x"', "not_null(z)", "null", "not_null(`false`,s)", "false",
    })
  end)

  it("checks the arguments of functions", function()
    local wrong = {
      "abs('1')", "avg('x')", "avg(`[null]`)", "ceil(`true`)", "contains(`1`,'x')", "ends_with(`1`,'x')",
      "ends_with('x',`1`)",
      "floor(none)", "join(`1`,`[]`)", "join(',',`[1]`)", "keys(`[]`)", "length(`1`)", "length(none)",
      "map(&a,`{}`)",
      "map(a,`[]`)", "max(`[1,\"a\"]`)", "max(`[true]`)", "max_by(`{}`,&a)", "max_by(`[]`,a)",
      "merge(`1`)", "merge(`{}`,`[]`)",
      "min(`{}`)", "reverse(`1`)", "sort(`[[]]`)", "sort_by(`1`,&a)", "starts_with(none,'x')",
      "sum(none)", "values(`[]`)",
      "to_array(&a)", "type(&a)",
    }
    for _, expression in ipairs(wrong) do
      local _, message = jmespath.search(expression, {})
      assert(message and message:find("^invalid%-type: "), expression .. ": " .. tostring(message))
    end
  end)

  it("reads tables that AWS calls return", function()
    local output = { Reservations = { { Instances = { { InstanceId = "i-1" } } }, { Instances = {} } },
    Next = nil }
    assert.are.same({ "i-1" }, (jmespath.search("Reservations[].Instances[].InstanceId", output)))
    assert.is_nil((jmespath.search("Next", output)))
    assert.are.equal("array", (jmespath.search("type(Reservations)", output)))
  end)

  it("takes a table without elements and mark for an object", function()
    assert.are.equal("object", (jmespath.search("type(@)", {})))
    assert.are.equal("array", (jmespath.search("type(@)", json.array())))
    assert.is_nil((jmespath.search("[*]", {})))
  end)

  it("gives nil or json.null for null, and json.null inside", function()
    local result, message = jmespath.search("none", {})
    assert.is_nil(result)
    assert.is_nil(message)
    assert.are.equal(json.null, (jmespath.search("a", { a = json.null })))
    assert.are.equal(json.null, (jmespath.search("[none]", {}))[1])
    assert.are.equal(json.null, (jmespath.search("{a:none}", {})).a)
  end)

  it("marks the arrays that it makes", function()
    for _, expression in ipairs {
      "[:0]", "[*].none", "[]", "[?none]", "[@]", "map(&@,@)", "sort(@)", "reverse(@)", "keys(`{}`)",
      "values(`{}`)", "to_array(@)",
    } do
      assert.is_true(json.is_array((jmespath.search(expression, json.array()))), expression)
    end
  end)

  it("leaves the data alone", function()
    local data = decode '{"l":[3,1,2],"o":{"a":1}}'
    for _, expression in ipairs { "sort(l)", "reverse(l)", "merge(o,`{\"b\":1}`)", "sort_by(l,&@)", "l[]",
    "l[::-1]" } do
      jmespath.search(expression, data)
    end
    assert.are.same(decode '{"l":[3,1,2],"o":{"a":1}}', data)
  end)

  it("forgets expressions when they are many, not what they mean", function()
    for round = 1, 2 do
      for number = 1, 600 do
        assert.are.equal(number, (jmespath.search(("`%d`"):format(number))), round)
      end
    end
  end)

  it("survives what is nested too deeply", function()
    local _, message = jmespath.search(("("):rep(1e5) .. "a" .. (")"):rep(1e5), {})
    assert.are.equal("the expression or the data is nested too deeply", message)
    _, message = jmespath.search("a" .. (".a"):rep(1e5), {})
    assert.are.equal("the expression or the data is nested too deeply", message)
    _, message = jmespath.search(("!"):rep(1e5) .. "a", {})
    assert.are.equal("the expression or the data is nested too deeply", message)
  end)

  it("raises an error for an expression that is no string", function()
    local ok, message = pcall(function()
      jmespath.search(nil, {})
    end)
    assert.is_false(ok)
    assert(message:find("jmespath_spec%.lua:%d+: expression: expected a string, got nil$"))
  end)
end)
