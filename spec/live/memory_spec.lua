local LIMIT = 40 * 1024 -- kB

describe("A fleet of 10,000 instances", function()
  local server, pid, url

  setup(function()
    server = assert(io.popen("echo $$; exec python3 spec/instances.py 10000"))
    pid, url = server:read("*l", "*l")
    assert(url, "the server did not start")
  end)

  teardown(function()
    os.execute("kill " .. pid)
    server:close()
  end)

  it("is read in pages of 1000 within 40 MB", function()
    local program = require "program"
    local run = assert(io.popen(("%s run spec/live/read_instances.lua %s"):format(program, url)))
    local count, held = run:read("*n", "*n")
    run:close()
    assert.equal(10000, count)
    assert.is_true(held < LIMIT, ("%d kB were held"):format(held))
  end)
end)
