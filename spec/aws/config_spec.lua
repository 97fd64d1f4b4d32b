local configs = require "aws.config"
local platforms = require "aws.platform"
local worlds = require "aws.world"

local function config(environment, files)
  local world = worlds.new { environment = environment, files = files }
  return configs.new((platforms.of(world:options()))), world
end

local HOME = { HOME = "/home/me" }

local function with_home(more)
  for name, value in pairs(HOME) do more[name] = value end
  return more
end

describe("aws.config", function()
  describe("region", function()
    it("comes from the environment first", function()
      assert.equal("a", config { AWS_REGION = "a", AWS_DEFAULT_REGION = "b" }:region())
      assert.equal("b", config { AWS_DEFAULT_REGION = "b" }:region())
    end)

    it("comes from the active profile next", function()
      local files = { ["/home/me/.aws/config"] = "[default]\nregion = c\n[profile dev]\nregion = d" }
      assert.equal("c", config(HOME, files):region())
      assert.equal("d", config(with_home { AWS_PROFILE = "dev" }, files):region())
    end)

    it("is an error that says what to do where none is set", function()
      local region, err = config(HOME):region()
      assert.is_nil(region)
      assert.equal("NoRegion", err.code)
      assert.truthy(err.message:find("AWS_REGION", 1, true))
    end)

    it("takes an empty variable for none", function()
      assert.equal("b", config { AWS_REGION = "", AWS_DEFAULT_REGION = "b" }:region())
    end)
  end)

  describe("profiles", function()
    it("join both files; the credentials file wins", function()
      local own = config({ AWS_CONFIG_FILE = "/c", AWS_SHARED_CREDENTIALS_FILE = "/k" }, {
        ["/c"] = "[profile dev]\nregion = r\naws_access_key_id = old\n",
        ["/k"] = "[dev]\naws_access_key_id = new\n[other]\nx = y\n",
      })
      assert.same({ region = "r", aws_access_key_id = "new" }, own:profile("dev"))
      assert.same({ x = "y" }, own:profile("other"))
      assert.same({}, own:profile("nowhere"))
    end)

    it("are told nearest names", function()
      local own = config(HOME, { ["/home/me/.aws/config"] = "[profile development]\nregion = r\n" })
      assert.truthy(own:unknown_profile("develpment"):find('did you mean "development"?', 1, true))
    end)

    it("in a broken file are an error with its path and line", function()
      local _, err = config(HOME, { ["/home/me/.aws/config"] = "[default]\nwhat" }):region()
      assert.equal("ConfigError", err.code)
      assert.equal("/home/me/.aws/config: line 2: expected name = value", err.message)
    end)

    it("need no home directory", function()
      assert.same({}, config({}):profile())
    end)
  end)

  it("opens no file in Lambda, unless a variable names one", function()
    local lambda = with_home { AWS_LAMBDA_FUNCTION_NAME = "f", AWS_ACCESS_KEY_ID = "k", AWS_REGION = "r" }
    local own, world = config(lambda)
    own:region()
    own:endpoint_url("EC2")
    assert.is_false(own:flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"))
    assert.same({}, world.opened)

    lambda.AWS_CONFIG_FILE = "/c"
    own, world = config(lambda, { ["/c"] = "[default]\nuse_fips_endpoint = true" })
    assert.is_true(own:flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint"))
    assert.same("/c", world.opened[1])
  end)

  it("reads a file once", function()
    local own, world = config(HOME)
    own:region()
    own:region()
    own:endpoint_url("EC2")
    assert.same({ "/home/me/.aws/config", "/home/me/.aws/credentials" }, world.opened)
  end)

  describe("endpoint_url", function()
    local files = {
      ["/home/me/.aws/config"] = [[
[default]
endpoint_url = http://profile
services = local
[services local]
elastic_load_balancing_v2 =
  endpoint_url = http://section
]],
    }

    it("goes from the most to the least specific", function()
      local id = "Elastic Load Balancing v2"
      local environment = with_home {
        AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2 = "http://own",
        AWS_ENDPOINT_URL = "http://all",
      }
      assert.equal("http://own", config(environment, files):endpoint_url(id))
      environment.AWS_ENDPOINT_URL_ELASTIC_LOAD_BALANCING_V2 = nil
      assert.equal("http://section", config(environment, files):endpoint_url(id))
      assert.equal("http://all", config(environment, files):endpoint_url("EC2"))
      environment.AWS_ENDPOINT_URL = nil
      assert.equal("http://profile", config(environment, files):endpoint_url("EC2"))
      assert.is_nil(config(environment):endpoint_url("EC2"))
    end)

    it("can be ignored as a whole", function()
      assert.is_nil(config({
        AWS_ENDPOINT_URL = "http://all",
        AWS_IGNORE_CONFIGURED_ENDPOINT_URLS = "true",
      }):endpoint_url("EC2"))
    end)
  end)
end)
