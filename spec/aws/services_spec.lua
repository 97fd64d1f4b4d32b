-- What the client needs of the models, looked for in those of all services.
local aws = require "aws"
local help = require "aws.help"
local jmespath = require "aws.jmespath"
local models = require "aws.model"
local names = require "aws.names"
local protocol = require "aws.protocol"

local MATCHERS = { path = true, pathAll = true, pathAny = true, status = true, error = true }

local function list(value)
  return type(value) == "table" and value or { value }
end

-- Whether an expression is sound; what it makes of nothing does not matter.
local function check_expression(where, expression)
  local _, message = jmespath.search(expression, {})
  assert.is_nil(message and message:match("^syntax.*") or message and message:match("^unknown.*"), where)
end

local function check_paginators(model)
  for operation, paginator in pairs(model.paginators or {}) do
    local where = model.service .. " " .. operation
    assert.is_table(model.operations[operation], where)
    assert.equal(#list(paginator.input_token), #list(paginator.output_token), where)
    for _, field in ipairs { "output_token", "result_key", "more_results" } do
      for _, expression in ipairs(list(paginator[field])) do check_expression(where, expression) end
    end
  end
end

local function check_waiters(model)
  for name, waiter in pairs(model.waiters or {}) do
    local where = model.service .. " " .. name
    assert.is_table(model.operations[waiter.operation], where)
    for _, acceptor in ipairs(waiter.acceptors) do
      assert.is_true(MATCHERS[acceptor.matcher], where)
      if acceptor.argument then check_expression(where, acceptor.argument) end
    end
  end
end

-- boto3's spellings tell a service's operations apart, and hide none behind a client's own methods.
local function check_names(model, client)
  local seen = {}
  for operation in pairs(model.operations) do
    local method = names.snake_case(operation)
    assert.is_nil(seen[method], model.service .. " " .. method)
    assert.is_nil(rawget(client, method))
    assert.is_function(client[method])
    assert.is_function(rawget(client, method), model.service .. " " .. method)
    seen[method] = true
  end
end

describe("every service", function()
  local services = models.services()

  it("is there", function()
    assert.is_true(#services > 400)
  end)

  it("speaks a protocol that is known, and has operations that can be called and pages of help", function()
    for _, service in ipairs(services) do
      local model = assert(models.load(service))
      assert.is_string(protocol.name(model))
      check_names(model, aws.client(service))
      assert.is_string(help.page(service))
    end
  end)

  it("has paginators and waiters that are understood", function()
    for _, service in ipairs(services) do
      local model = models.load(service)
      check_paginators(model)
      check_waiters(model)
    end
  end)
end)
