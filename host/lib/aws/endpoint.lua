--- Where a service is, and the name and region that requests to it are signed for.
--
-- An endpoint is `{ scheme, authority, host, path, headers, custom, signing }`; `path` goes before every
-- request's path, and `signing` is `{ service, region, double_encode, normalize, hashed }`.
-- @module aws.endpoint

local error_of = require("aws.error").new
local rule_params = require "aws.rule_params"
local rules = require "aws.endpoint_rules"

local M = {}

-- What a region's name says about its partition's domain; all others are in amazonaws.com.
local DOMAINS = {
  { "^cn%-", "amazonaws.com.cn" },
  { "^eusc%-", "amazonaws.eu" },
  { "^us%-iso%-", "c2s.ic.gov" },
  { "^us%-isob%-", "sc2s.sgov.gov" },
  { "^us%-isof%-", "csp.hci.ic.gov" },
  { "^eu%-isoe%-", "cloud.adc-e.uk" },
}

-- Services with one endpoint for all commercial regions, signed for us-east-1.
local GLOBAL = { cloudfront = true, iam = true, route53 = true, savingsplans = true, waf = true }

local function endpoint_error(message)
  return error_of{ code = "EndpointError", message = message }
end

--- Takes a URL apart.
-- @tparam string url `http` or `https`, without a query
-- @treturn ?table endpoint without `signing`
-- @treturn ?aws.error
function M.parse(url)
  local scheme, authority, path = url:match("^(https?)://([^/?#@%s]+)([^?#%s]*)$")
  if not scheme or path:find("^[^/]") then
    return nil, endpoint_error(("%q is no endpoint; expected a URL such as http://localhost:5000")
      :format(url))
  end
  return {
    scheme = scheme,
    authority = authority,
    host = authority:match("^%[(.-)%]") or authority:match("^[^:]+"),
    path = path:gsub("/+$", ""),
  }
end

local function domain(region)
  for _, entry in ipairs(DOMAINS) do
    if region:find(entry[1]) then return entry[2] end
  end
  return "amazonaws.com"
end

local function aws_url(prefix, region)
  if GLOBAL[prefix] and domain(region) == "amazonaws.com" and not region:find("^us%-gov") then
    return "https://" .. prefix .. ".amazonaws.com", "us-east-1"
  end
  return "https://" .. prefix .. "." .. region .. "." .. domain(region), region
end

-- S3 wants a path signed as it is, since a key may hold `//` and `..`, and the body's hash in a header.
-- Everywhere else the path is normalised and encoded once more for the signature.
local S3_NAMES = { s3 = true, ["s3-object-lambda"] = true, ["s3-outposts"] = true, s3express = true }

local function signing_of(service, region, as_s3)
  return {
    service = service,
    region = region,
    double_encode = not as_s3,
    normalize = not as_s3,
    hashed = as_s3,
  }
end

-- The URL that a caller or the environment puts in place of AWS's; an error too where the region, which
-- becomes part of a host name, cannot be one.
local function configured_url(config, service_id, region, url)
  if not region:find("^%w[%w%-]*$") then return nil, endpoint_error(("%q is no region"):format(region)) end
  if url then return url end
  return config:endpoint_url(service_id)
end

-- A custom endpoint, or the services' common pattern.
local function by_pattern(config, prefix, signing_name, region, url)
  if not url and config:flag("AWS_USE_FIPS_ENDPOINT", "use_fips_endpoint") then
    return nil, endpoint_error("FIPS endpoints need the service's endpoint rules; hand in the endpoint")
  end
  local signing_region, custom = region, url ~= nil
  if not custom then url, signing_region = aws_url(prefix, region) end
  local endpoint, err = M.parse(url)
  if not endpoint then return nil, err end
  endpoint.custom = custom
  endpoint.signing = signing_of(signing_name, signing_region, S3_NAMES[signing_name] or false)
  return endpoint
end

--- The endpoint of a service that is known by its signing name alone.
-- @tparam config config
-- @tparam string service
-- @tparam string region
-- @tparam[opt] string url a custom endpoint, before any that the environment configures
-- @treturn ?endpoint
-- @treturn ?aws.error
function M.plain(config, service, region, url)
  local custom, err = configured_url(config, service, region, url)
  if err then return nil, err end
  return by_pattern(config, service, service, region, custom)
end

local function from_rules(model, operation, params, settings)
  local metadata = model.metadata
  local found, message = rules.evaluate(model.endpoint_rules, model.partitions,
    rule_params.collect(model, operation, params, settings))
  if not found then return nil, endpoint_error(message) end
  local endpoint, err = M.parse(found.url)
  if not endpoint then return nil, err end
  local scheme
  scheme, message = rule_params.scheme(found.properties)
  if message then return nil, endpoint_error(message) end
  endpoint.signing = signing_of(scheme.signingName or metadata.signingName or metadata.endpointPrefix,
    scheme.signingRegion or settings.region, scheme.disableDoubleEncoding or false)
  endpoint.headers = found.headers
  endpoint.custom = settings.url ~= nil
  endpoint.places_bucket = operation.http.requestUri:find("^/{Bucket}") ~= nil
  return endpoint
end

--- The endpoint of an operation's call: by the model's rules, or by the services' common pattern where
-- the model brings none.
-- @tparam config config
-- @tparam table model
-- @tparam table operation of the model
-- @tparam table params of the call
-- @tparam table where `region`, and optionally `url`, a custom endpoint
-- @treturn ?endpoint
-- @treturn ?aws.error
function M.of_operation(config, model, operation, params, where)
  local metadata = model.metadata
  local id = metadata.serviceId or metadata.endpointPrefix
  local url, err = configured_url(config, id, where.region, where.url)
  if err then return nil, err end
  if model.endpoint_rules and model.partitions then
    return from_rules(model, operation, params, { config = config, region = where.region, url = url })
  end
  return by_pattern(config, metadata.endpointPrefix, metadata.signingName or metadata.endpointPrefix,
    where.region, url)
end

--- An endpoint with an operation's own prefix before the host. A custom endpoint stays as it is: it is
-- mostly an address that no prefix resolves to.
-- @tparam endpoint endpoint
-- @tparam ?string prefix such as `data-`
-- @treturn endpoint
function M.prefixed(endpoint, prefix)
  if not prefix or prefix == "" or endpoint.custom then return endpoint end
  endpoint.authority, endpoint.host = prefix .. endpoint.authority, prefix .. endpoint.host
  return endpoint
end

return M
