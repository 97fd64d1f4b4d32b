local chunks = require "repl.chunk"
local complete = require "repl.complete"

describe("repl.complete", function()
  local environment

  before_each(function() environment = chunks.environment() end)

  local function words(text)
    return (complete.words(text, environment))
  end

  it("completes globals: the console's own, the library's modules, and all others", function()
    environment.stringent = 1
    assert.same({ "string", "stringent" }, words "stri")
    assert.same({ "aws" }, words "x = aw")
    assert.same({ "tostring" }, words "print(tostr")
    assert.is_true(#words "" > 20)
    assert.equal("stri", select(2, complete.words("f(stri", environment)))
  end)

  it("completes fields of tables, at any depth", function()
    environment.a = { bee = { sea = 1, seven = 2, ["not a name"] = 3 }, [1] = 1 }
    assert.same({ "bee" }, words "a.b")
    assert.same({ "sea", "seven" }, words "return a.bee.")
    assert.same({ "seven" }, words "a.bee.sev")
    assert.same({}, words "a.nothing.x")
    assert.same({ "format" }, words "string.fo")
  end)

  it("completes methods: functions alone, those of the metatable too", function()
    environment.object = setmetatable({ field = 1, own = print }, { __index = { other = print } })
    assert.same({ "other", "own" }, words "object:o")
    assert.same({ "own" }, words "object:ow")
    assert.same({}, words "object:f")
    environment.text = "abc"
    assert.same({ "sub" }, words "text:su")
    environment.running = require("task").spawn(function() end)
    assert.same({ "cancel", "join" }, words "running:")
  end)

  it("asks no function of a value's own", function()
    environment.trap = setmetatable({ here = 1 }, { __index = function() error "asked" end })
    assert.same({ "here" }, words "trap.")
    assert.same({}, words "trap.x.y")
  end)

  it("completes the services of AWS", function()
    assert.same({ "dynamodb", "dynamodbstreams" }, words 'db = aws.client("dynamo')
    assert.same({ "cognito-identity", "cognito-idp" }, words "aws.client 'cognito-id")
    assert.same({ "sts" }, words 'aws.help("sts')
  end)

  it("completes the operations of a client, made or yet to be made", function()
    environment.sts = require("aws").client "sts"
    assert.same({ "get_caller_identity" }, words "sts:get_cal")
    assert.same({ "get_caller_identity" }, words 'aws.client("sts"):get_cal')
    assert.same({ "pages", "presign" }, words "sts:p")
    assert.same({}, words 'aws.client("nothing"):get')
  end)

  it("completes what pages and waiters there are", function()
    environment.iam = require("aws").client "iam"
    assert.same({ "list_roles" }, words 'for role in iam:each("list_roles')
    assert.same({ "list_roles" }, words "iam:pages 'list_roles")
    assert.same({ "role_exists" }, words 'iam:wait("role')
    assert.same({ "create_role" }, words 'iam:presign("create_rol')
    assert.same({}, words 'iam:create_role("a')
  end)

  it("has nothing to say in other strings, nor of what only running it would tell", function()
    assert.same({}, words 'print("stri')
    assert.same({}, words "f().str")
    assert.same({}, words 'x["a"].str')
    assert.same({}, words "1 + ")
  end)
end)
