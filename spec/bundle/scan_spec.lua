local scan = require "bundle.scan"

-- "service receiver:method(argument)" of each call on what is surely a client.
local function client_calls(source)
  assert(load(source))
  local list = {}
  for _, call in ipairs(scan.file(source).calls) do
    if call.service then
      list[#list + 1] = ("%s %s:%s(%s)"):format(call.service, call.receiver, call.method, call.argument or "")
    end
  end
  return list
end

local AWS = 'local aws = require "aws"\n'

describe("bundle.scan", function()
  it("follows a local client to its calls", function()
    assert.same({ "ec2 ec2:stop_instances()", "ec2 ec2:each(describe_instances)" }, client_calls(AWS .. [[
      local ec2 = aws.client("ec2")
      ec2:stop_instances { InstanceIds = {} }
      for instance in ec2:each("describe_instances", { MaxResults = 5 }) do print(instance) end
    ]]))
  end)

  it("knows the library under any name, and its constructor", function()
    assert.same({ "s3 a:x()", "s3 b:x()", "sqs c:x()" }, client_calls [[
      local cloud = require("aws")
      local new = require "aws".client
      local a, b = cloud.client "s3", new("s3", { region = ("eu"):rep(1) })
      a:x() b:x()
      local c = new("sqs")
      c:x()
    ]])
  end)

  it("sees a call on a client that has no name", function()
    assert.same({ "sts client:get_caller_identity()" },
      client_calls(AWS .. [[local who = aws.client("sts"):get_caller_identity() who:x()]]))
  end)

  it("sees a method that is taken from a client", function()
    assert.same({ "ec2 ec2:a()", "ec2 ec2:b()", "ec2 client:c()" }, client_calls(AWS .. [[
      local ec2, M = aws.client("ec2"), {}
      M.ec2 = aws.client("ec2")
      pcall(ec2.a, ec2, {})
      M.ec2.b(M.ec2)
      local f = aws.client("ec2").c
      ec2.d = f
    ]]))
  end)

  it("follows fields by their path, aliases and defaults", function()
    assert.same({ "ec2 ec2:a()", "ec2 it:b()", "ec2 ec2:c()" }, client_calls(AWS .. [[
      local M = {}
      M.ec2 = aws.client("ec2")
      function M.run(world)
        M.ec2:a()
        local it = M.ec2
        it:b()
        local ec2 = world.ec2 or aws.client("ec2")
        ec2:c()
      end
      return M
    ]]))
  end)

  it("tells scopes apart", function()
    assert.same({ "dynamodb db:a()", "dynamodb db:b()" }, client_calls(AWS .. [[
      local db = aws.client("dynamodb")
      local function query(db) db:query() end
      for _, db in ipairs {} do db:query() end
      for db = 1, 2 do print(db) end
      while db do local db = {} db:query() end
      if db then local db = {} db:query() elseif db then db:a() else local db = {} db:query() end
      do local db = {} db:query() end
      query { function(_, db) db:query() end }
      db:b()
    ]]))
  end)

  it("lets the condition of `repeat` see the block's variables", function()
    assert.same({}, client_calls(AWS .. [[
      local db = aws.client("dynamodb")
      repeat local db = {} until db:query()
    ]]))
  end)

  it("keeps `do` blocks and loops balanced around functions", function()
    assert.same({ "ec2 ec2:a()" }, client_calls(AWS .. [[
      local ec2 = aws.client("ec2")
      for _, f in ipairs { function() do local ec2 = {} ec2:x() end end } do f() end
      while (function() while false do end return false end)() do local ec2 = {} ec2:x() end
      ec2:a()
    ]]))
  end)

  it("forgets a name that gets another value", function()
    assert.same({ "ec2 ec2:a()" }, client_calls(AWS .. [[
      local ec2 = aws.client("ec2")
      ec2:a()
      ec2 = {}
      ec2:x()
    ]]))
  end)

  it("takes a field of a table constructor for no variable", function()
    assert.same({ "ec2 ec2:a()" }, client_calls(AWS .. [[
      local ec2 = aws.client("ec2")
      local t = { ec2 = 1, f = function() local u = { ec2 = 2 } return u end }
      ec2:a(t)
    ]]))
  end)

  it("takes what is made from a client for no client", function()
    assert.same({ "ec2 client:name()" }, client_calls(AWS .. [[
      local same = aws.client("ec2") == other
      local name = aws.client("ec2"):name()
      local fleet = wrap(aws.client("ec2"))
      same:x() name:x() fleet:x()
    ]]))
  end)

  it("takes no other library's client for one", function()
    assert.same({}, client_calls [[
      local http = require "http"
      local c = http.client("ec2")
      c:describe_instances()
      local aws = {}
      local d = aws.client("ec2")
      d:describe_instances()
    ]])
  end)

  it("lists the clients with their lines, each once", function()
    local clients = scan.file(AWS .. [[
      local a = x or aws.client('ec2')
      a = aws.client(name)
      return aws.client 's3'
    ]]).clients
    assert.equal(2, #clients)
    assert.equal("ec2", clients[1].service)
    assert.equal(2, clients[1].line)
    assert.equal("s3", clients[2].service)
    assert.equal(4, clients[2].line)
  end)

  it("lists the names that the file itself gives", function()
    local defined = scan.file([[
      local M = { put_item = function() end }
      function M.get_item() end
      function M:delete_item() end
      M.update_item = M.get_item
      local function query() end
    ]]).defined
    for _, name in ipairs { "put_item", "get_item", "delete_item", "update_item", "query" } do
      assert.is_true(defined[name])
    end
    assert.is_nil(defined.scan)
  end)

  it("reads every statement of the language without losing its place", function()
    assert.same({ "ec2 ec2:last()" }, client_calls(AWS .. [[
      local ec2 = aws.client("ec2")
      local function f(...) local a, b = ... return a, b end
      for i = 10, 1, -1 do if i % 2 == 0 then break end end
      local t = { [1] = { "x" }, f = f; f("y"), f { }, f "z", (f)(), }
      t.f, t.g = function(self) return self end, nil
      goto done
      do ec2 = ec2 end
      ::done::
      if t and not t.x then return ec2:last() end
    ]]))
  end)
end)
