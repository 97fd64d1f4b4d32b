--- Settings from the environment and from the profiles of AWS's shared files.
--
-- The environment is asked first and the files only when it has no answer. In Lambda, where the
-- environment holds all there is, no file is opened unless a variable names one.
--
-- Source: AWS SDKs and Tools Reference Guide, "Settings reference".
-- @module aws.config

local error_of = require("aws.error").new
local ini = require "lazy" "aws.ini"
local nearest = require "lazy" "nearest"

local M = {}

local Config = {}
Config.__index = Config

--- Makes the settings of one environment.
-- @tparam table platform see `aws.platform`
-- @treturn config
function M.new(platform)
  return setmetatable({ platform = platform, files = {}, profiles = {} }, Config)
end

--- Forgets what the shared files held, so that they are read again.
function Config:reread()
  self.files, self.profiles = {}, {}
end

--- A variable of the environment.
-- @tparam string name
-- @treturn ?string nil where it is unset or empty
function Config:env(name)
  local value = self.platform.environment(name)
  return value ~= "" and value or nil
end

--- The name of the active profile.
-- @treturn string
function Config:profile_name()
  return self:env("AWS_PROFILE") or self:env("AWS_DEFAULT_PROFILE") or "default"
end

--- Where a shared file is looked for.
-- @tparam string variable `AWS_CONFIG_FILE` or `AWS_SHARED_CREDENTIALS_FILE`
-- @treturn ?string nil where there is no home directory either
function Config:file_path(variable)
  local path = self:env(variable)
    or (variable == "AWS_CONFIG_FILE" and "~/.aws/config" or "~/.aws/credentials")
  if path:sub(1, 2) ~= "~/" then return path end
  local home = self:env("HOME")
  return home and home .. path:sub(2)
end

-- Whether the environment is all there is: a function in Lambda, with its credentials handed in.
local function self_contained(config)
  return config:env("AWS_LAMBDA_FUNCTION_NAME") and config:env("AWS_ACCESS_KEY_ID")
    and not config:env("AWS_PROFILE") and not config:env("AWS_CONFIG_FILE")
    and not config:env("AWS_SHARED_CREDENTIALS_FILE")
end

-- A shared file's sections; empty where the file is missing.
local function sections(config, variable)
  if config.files[variable] then return config.files[variable] end
  local path = not self_contained(config) and config:file_path(variable)
  local text = path and config.platform.read_file(path)
  local parsed, message = {}, nil
  if text then parsed, message = ini.parse(text) end
  if not parsed then
    return nil, error_of{ code = "ConfigError", message = path .. ": " .. message }
  end
  config.files[variable] = parsed
  return parsed
end

local function merged(into, section)
  for name, value in pairs(section or {}) do into[name] = value end
  return into
end

--- A profile: the settings of both files, those of the credentials file first.
-- @tparam[opt] string name the active profile when left out
-- @treturn ?table empty where the profile is nowhere
-- @treturn ?aws.error a file that cannot be read
function Config:profile(name)
  name = name or self:profile_name()
  if self.profiles[name] then return self.profiles[name] end
  local config, err = sections(self, "AWS_CONFIG_FILE")
  if not config then return nil, err end
  local credentials
  credentials, err = sections(self, "AWS_SHARED_CREDENTIALS_FILE")
  if not credentials then return nil, err end
  local profile = merged({}, name == "default" and config.default or nil)
  self.profiles[name] = merged(merged(profile, config["profile " .. name]), credentials[name])
  return self.profiles[name]
end

--- The names of all profiles.
-- @treturn {string,...}
function Config:profile_names()
  local found = {}
  for section in pairs(sections(self, "AWS_CONFIG_FILE") or {}) do
    found[#found + 1] = section:match("^profile%s+(.+)$") or (section == "default" and section or nil)
  end
  for section in pairs(sections(self, "AWS_SHARED_CREDENTIALS_FILE") or {}) do
    found[#found + 1] = section
  end
  return found
end

--- A setting: the environment's, else the active profile's.
-- @tparam ?string variable
-- @tparam ?string name in the profile
-- @treturn ?string nil where it is set nowhere
-- @treturn ?aws.error a file that cannot be read
function Config:setting(variable, name)
  local value = variable and self:env(variable)
  if value or not name then return value end
  local profile, err = self:profile()
  if not profile then return nil, err end
  return profile[name]
end

--- A setting that is true or false.
-- @treturn boolean false where it is set nowhere
function Config:flag(variable, name)
  local value = self:setting(variable, name)
  return type(value) == "string" and value:lower() == "true"
end

--- The region.
-- @treturn ?string
-- @treturn ?aws.error where none is set
function Config:region()
  local region, err = self:env("AWS_REGION"), nil
  if not region then region, err = self:setting("AWS_DEFAULT_REGION", "region") end
  if region or err then return region, err end
  return nil, error_of{
    code = "NoRegion",
    message = ("no region: set AWS_REGION, or region in the profile %q, or hand in { region = ... }")
      :format(self:profile_name()),
  }
end

local function section_endpoint(config, profile, service)
  local services = profile.services
  local section = services and (sections(config, "AWS_CONFIG_FILE") or {})["services " .. services]
  local own = section and section[service]
  return type(own) == "table" and own.endpoint_url or nil
end

--- The endpoint that the environment or the profile puts in place of AWS's.
-- @tparam string service_id the model's `serviceId`, such as `Elastic Load Balancing v2`
-- @treturn ?string a URL
-- @treturn ?aws.error a file that cannot be read
function Config:endpoint_url(service_id)
  local ignored = self:setting("AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "ignore_configured_endpoint_urls")
  if ignored and ignored:lower() == "true" then return nil end
  local service = service_id:gsub("[ %-]", "_")
  local url = self:env("AWS_ENDPOINT_URL_" .. service:upper())
  if url then return url end
  local profile, err = self:profile()
  if not profile then return nil, err end
  return section_endpoint(self, profile, service:lower())
    or self:env("AWS_ENDPOINT_URL") or profile.endpoint_url
end

--- The message for a profile that is nowhere.
-- @tparam string name
-- @treturn string
function Config:unknown_profile(name)
  return ("profile %q is in neither %s nor %s%s"):format(name,
    self:file_path("AWS_CONFIG_FILE") or "~/.aws/config",
    self:file_path("AWS_SHARED_CREDENTIALS_FILE") or "~/.aws/credentials",
    nearest.suggest(name, self:profile_names()))
end

return M
