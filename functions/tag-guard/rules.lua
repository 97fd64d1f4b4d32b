--- What new instances and volumes must carry. Data alone: README.md has the fields, rulebook.lua checks them.

local OWNER = { key = "owner", pattern = "^[%w._+-]+@[%w.-]+%.%a+$", example = "jane@example.com" }
local STAGE = { key = "stage", values = { "dev", "test", "prod" } }

return {
  since = "2025-01-01T00:00:00Z", -- what is older is not looked at: set it to the day of your deployment

  instance = {
    required = { OWNER, STAGE, { key = "cost-center", pattern = "^%d%d%d%d$", example = "4711" } },
    stop_after_hours = 24, -- without it they are reported only
  },

  volume = {
    required = { OWNER, STAGE },
  },

  exceptions = {
    { tag = "tag-guard:exempt", why = "it is exempt by its tag" },
    { kind = "instance", tag = "aws:autoscaling:groupName", why = "its group would replace it" },
  },
}
