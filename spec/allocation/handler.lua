-- The function that is served while allocations fail: a little of all that needs memory.
local http = require "host.http"
local json = require "json"
local log = require "lambda.log"
local sigv4 = require "aws.sigv4"
local task = require "task"

return function(event)
  local sleeper = task.spawn(function()
    task.sleep(0)
    return { #event.list }
  end)
  local signed = sigv4.sign {
    method = "GET", path = "/?a=b", headers = { host = "example.com" }, body = "", service = "s",
    region = "r", time = 0, credentials = { access_key = "a", secret_key = "b" },
  }
  log.info("signed", { authorization = #signed.authorization })
  local response, err = http.request { method = "GET", url = "http://192.0.2.1/", direct = true }
  local _, size = sleeper:join()
  return { name = event.name, size = size, text = json.encode(event), status = response and response.status,
    error = err and err.kind }
end
