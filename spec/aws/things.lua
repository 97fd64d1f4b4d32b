--- A small service in EC2's protocol for the client's specs, and its answers.
local clients = require "aws.client"

local M = {}

local function list_of(shape) return { type = "list", member = { shape = shape, locationName = "item" } } end

function M.model()
  return {
    service = "things",
    metadata = {
      apiVersion = "2020-01-01",
      endpointPrefix = "things",
      protocol = "ec2",
      serviceId = "Some Things",
      signatureVersion = "v4",
      xmlNamespace = "urn:things",
    },
    operations = {
      DescribeThings = {
        name = "DescribeThings",
        http = { method = "POST", requestUri = "/" },
        input = { shape = "DescribeThingsRequest" },
        output = { shape = "DescribeThingsResult" },
        errors = { { shape = "SlowThing" } },
      },
      MakeThing = {
        name = "MakeThing",
        http = { method = "POST", requestUri = "/" },
        input = { shape = "MakeThingRequest" },
        output = { shape = "Thing" },
        errors = {},
      },
      AskThing = {
        name = "AskThing",
        http = { method = "POST", requestUri = "/" },
        output = { shape = "Thing" },
        authtype = "none",
      },
      UploadThing = {
        name = "UploadThing",
        http = { method = "POST", requestUri = "/" },
        output = { shape = "Thing" },
        unsignedPayload = true,
      },
    },
    shapes = {
      DescribeThingsRequest = {
        type = "structure",
        members = {
          ThingIds = { shape = "Strings", locationName = "ThingId" },
          Filters = { shape = "Filters", locationName = "Filter" },
          MaxResults = { shape = "Few" },
          NextToken = { shape = "String" },
        },
      },
      DescribeThingsResult = {
        type = "structure",
        members = {
          Things = { shape = "Things", locationName = "things" },
          NextToken = { shape = "String", locationName = "nextToken" },
        },
      },
      MakeThingRequest = {
        type = "structure",
        required = { "Name", "Token" },
        members = { Name = { shape = "Name" }, Token = { shape = "String", idempotencyToken = true } },
      },
      Things = list_of "Thing",
      Thing = {
        type = "structure",
        members = {
          ThingId = { shape = "String", locationName = "thingId" },
          State = { shape = "String", locationName = "state" },
        },
      },
      Filters = list_of "Filter",
      Filter = {
        type = "structure",
        members = { Name = { shape = "String" }, Values = { shape = "Strings" } },
      },
      Strings = list_of "String",
      String = { type = "string" },
      Name = { type = "string", min = 2, max = 5 },
      Few = { type = "integer", min = 5, max = 100 },
      SlowThing = { type = "structure", exception = true, members = {}, retryable = { throttling = false } },
    },
    paginators = {
      DescribeThings = {
        input_token = "NextToken",
        output_token = "NextToken",
        limit_key = "MaxResults",
        result_key = "Things",
      },
    },
    waiters = {
      ThingReady = {
        operation = "DescribeThings",
        delay = 15,
        maxAttempts = 4,
        acceptors = {
          { matcher = "pathAll", argument = "Things[].State", expected = "ready", state = "success" },
          { matcher = "pathAny", argument = "Things[].State", expected = "broken", state = "failure" },
          { matcher = "error", expected = "NoSuchThing", state = "retry" },
        },
      },
    },
  }
end

--- A client of the service in a world.
function M.client(world, options, model)
  return clients.over(model or M.model(), world:session(), options or {})
end

--- An answer that holds things, given as `{ id, state }` each.
function M.page(things, token)
  local items = {}
  for i, thing in ipairs(things) do
    items[i] = ("<item><thingId>%s</thingId><state>%s</state></item>"):format(thing[1], thing[2] or "ready")
  end
  return {
    status = 200,
    body = ("<DescribeThingsResponse><things>%s</things>%s</DescribeThingsResponse>"):format(
      table.concat(items), token and "<nextToken>" .. token .. "</nextToken>" or ""),
  }
end

--- An answer that is an error.
function M.refusal(status, code, headers)
  return {
    status = status,
    headers = headers,
    body = ("<Response><Errors><Error><Code>%s</Code><Message>because</Message></Error></Errors>"
      .. "<RequestID>r-1</RequestID></Response>"):format(code),
  }
end

return M
