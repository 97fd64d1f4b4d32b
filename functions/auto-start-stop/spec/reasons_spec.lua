local reasons = require "reasons"

local function has(text, ...)
  for _, part in ipairs { ... } do assert.is_truthy(text:find(part, 1, true), text) end
end

describe("auto-start-stop: reasons", function()
  it("name the key and the permission where a grant is missing", function()
    for _, code in ipairs { "Client.InternalError", "Client.InvalidKMSKey.InvalidState", "InvalidKmsKey" } do
      local words = code .. ": Client error on launch"
      local text = reasons.explain(code, words, { "arn:aws:kms:key/1", "arn:aws:kms:key/2" })
      has(text, "(arn:aws:kms:key/1, arn:aws:kms:key/2)", "kms:CreateGrant", "kms_keys", "(" .. words .. ")")
      assert.is_true(reasons.is_key(code))
    end
    has(reasons.explain("Client.InternalError"), "the key of an encrypted volume cannot be used: ",
      "(Client.InternalError)")
  end)

  it("tell capacity from all else", function()
    for _, code in ipairs { "Server.InsufficientInstanceCapacity", "InsufficientInstanceCapacity",
      "InsufficientHostCapacity", "InsufficientDBInstanceCapacity" } do
      assert.is_true(reasons.is_capacity(code), code)
      has(reasons.explain(code), "too little capacity", code)
    end
    for _, code in ipairs { "Client.InternalError", "Unauthorized", "Client.UserInitiatedShutdown" } do
      assert.is_false(reasons.is_capacity(code), code)
    end
    assert.is_false(reasons.is_capacity(nil))
  end)

  it("know quotas, licences, the Marketplace and Spot", function()
    has(reasons.explain("Client.VolumeLimitExceeded"), "quota", "volumes", "Service Quotas")
    has(reasons.explain("VcpuLimitExceeded"), "quota", "vCPUs")
    has(reasons.explain("OptInRequired"), "AWS Marketplace")
    has(reasons.explain("LicenseConfigurationNotFound"), "licence", "License Manager")
    has(reasons.explain("Server.SpotInstanceShutdown"), "Spot")
    has(reasons.explain("Server.InternalError"), "on its side")
  end)

  it("say nothing of a stop that somebody asked for, or of what they do not know", function()
    for _, code in ipairs { "Client.UserInitiatedShutdown", "Client.UserInitiatedHibernate",
      "Client.InstanceInitiatedShutdown", "Something.New" } do
      assert.is_nil(reasons.explain(code, "words"))
    end
    assert.is_nil(reasons.explain(nil, nil))
    assert.is_nil(reasons.meaning(nil))
  end)

  it("keep AWS's words, once", function()
    local words = reasons.explain("VolumeLimitExceeded", "You have 500 of 500.")
    assert.matches("%(VolumeLimitExceeded: You have 500 of 500%.%)$", words)
  end)

  it("know the states of databases that do not pass", function()
    has(reasons.database("storage-full"), "its storage is full (storage-full)")
    has(reasons.database("inaccessible-encryption-credentials", { "arn:aws:kms:key/1" }), "arn:aws:kms:key/1",
      "kms:CreateGrant")
    for _, status in ipairs { "starting", "available", "stopped", "backing-up" } do
      assert.is_nil(reasons.database(status))
    end
  end)
end)
