# What it is

variable "name" {
  description = "Name of the function, and of its folder and its role."
  type        = string
  validation {
    condition     = can(regex("^[A-Za-z0-9_-]{1,64}$", var.name))
    error_message = "name takes 1 to 64 letters, digits, - and _."
  }
}

variable "description" {
  description = "What the function does, in one line; the Lambda console shows it."
  type        = string
  validation {
    condition     = length(var.description) <= 256
    error_message = "description takes at most 256 characters."
  }
}

variable "output" {
  description = "Folder that scripts/build-lambda writes to, when it is not output/ of this checkout."
  type        = string
  default     = null
}

variable "layers" {
  description = "ARNs of layer versions, such as the shared runtime of scripts/build-lambda --layer."
  type        = list(string)
  default     = []
  validation {
    condition     = length(var.layers) <= 5 && alltrue([for arn in var.layers : can(regex(":layer:[^:]+:[0-9]+$", arn))])
    error_message = "layers takes at most 5 ARNs of layer versions, such as arn:aws:lambda:eu-west-1:123456789012:layer:runtime:1."
  }
}

# What it may do

variable "permissions" {
  description = "What the function's code may do: statements of its IAM policy, with IAM's conditions (operator → key → values)."
  type = list(object({
    actions    = list(string)
    resources  = list(string)
    conditions = optional(map(map(list(string))), {})
  }))
  validation {
    condition     = alltrue([for action in flatten(var.permissions[*].actions) : can(regex("^[a-z0-9-]+:[A-Za-z0-9]+$", action))])
    error_message = "permissions: each action is written out, such as ec2:StopInstances, without wildcards."
  }
  validation {
    condition     = alltrue([for each in var.permissions : length(each.actions) > 0 && length(each.resources) > 0])
    error_message = "permissions: each statement has an action and a resource at least."
  }
}

# When it runs

variable "trigger" {
  description = <<-EOT
    What invokes the function: `schedule` (EventBridge's rate(…) or cron(…), in UTC), `event_patterns` (EventBridge's, as
    JSON, each by a name of its own), `queue` (SQS, with partial batch failures), or several of them; nothing when all
    are left out.
  EOT
  type = object({
    schedule       = optional(string)
    event_patterns = optional(map(string), {})
    queue = optional(object({
      arn                  = string
      batch_size           = optional(number, 10)
      batch_window_seconds = optional(number, 0)
      maximum_concurrency  = optional(number)
    }))
  })
  default = {}
  validation {
    condition     = var.trigger.schedule == null ? true : can(regex("^(rate|cron)\\(.+\\)$", var.trigger.schedule))
    error_message = "trigger.schedule is written rate(10 minutes) or cron(0 8 ? * MON-FRI *)."
  }
  validation {
    condition     = alltrue([for each in var.trigger.event_patterns : can(keys(jsondecode(each)))])
    error_message = "trigger.event_patterns: each is a JSON object: use jsonencode({ … })."
  }
  validation {
    condition     = alltrue([for name in keys(var.trigger.event_patterns) : can(regex("^[a-z0-9-]+$", name))])
    error_message = "trigger.event_patterns: a name has small letters, digits and -."
  }
  validation {
    condition     = var.trigger.queue == null ? true : can(regex("^arn:[^:]+:sqs:", var.trigger.queue.arn))
    error_message = "trigger.queue.arn is the ARN of an SQS queue."
  }
}

variable "failure_destination" {
  description = "ARN of the SQS queue, SNS topic, Lambda function or event bus that gets the events which failed for good; asynchronous triggers only."
  type        = string
  default     = null
  validation {
    condition     = var.failure_destination == null ? true : can(regex("^arn:[^:]+:(sqs|sns|lambda|events):", var.failure_destination))
    error_message = "failure_destination is the ARN of an SQS queue, an SNS topic, a Lambda function or an event bus."
  }
}

variable "retries" {
  description = "How often Lambda tries an event again that failed: 0 to 2; asynchronous triggers only."
  type        = number
  default     = 2
  validation {
    condition     = contains([0, 1, 2], var.retries)
    error_message = "retries is 0, 1 or 2."
  }
}

# How it runs

variable "environment" {
  description = "Environment variables of the function."
  type        = map(string)
  default     = {}
  validation {
    condition     = alltrue([for name in keys(var.environment) : can(regex("^[A-Za-z][A-Za-z0-9_]+$", name))])
    error_message = "environment: a name starts with a letter and goes on with letters, digits and _."
  }
}

variable "memory" {
  description = "Memory in megabytes; the share of a CPU grows with it."
  type        = number
  default     = 128
  validation {
    condition     = var.memory >= 128 && var.memory <= 10240 && floor(var.memory) == var.memory
    error_message = "memory is a whole number from 128 to 10240."
  }
}

variable "timeout" {
  description = "Longest time of an invocation, in seconds."
  type        = number
  default     = 60
  validation {
    condition     = var.timeout >= 1 && var.timeout <= 900 && floor(var.timeout) == var.timeout
    error_message = "timeout is a whole number from 1 to 900."
  }
}

variable "reserved_concurrency" {
  description = "How many invocations may run at once, at most, and are set aside for this function; null for no limit of its own, 0 to switch it off."
  type        = number
  default     = null
  validation {
    condition     = var.reserved_concurrency == null ? true : var.reserved_concurrency >= 0 && floor(var.reserved_concurrency) == var.reserved_concurrency
    error_message = "reserved_concurrency is a whole number from 0, or null."
  }
}

variable "log_retention_days" {
  description = "How long the log is kept, in days."
  type        = number
  default     = 30
  validation {
    condition     = contains([1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653], var.log_retention_days)
    error_message = "log_retention_days is one of those that CloudWatch has: 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, ..., 3653."
  }
}

variable "xray" {
  description = "Whether X-Ray traces the invocations."
  type        = bool
  default     = false
}

variable "vpc" {
  description = "Subnets and security groups to run in; AWS's APIs are then reached through a NAT gateway or VPC endpoints."
  type = object({
    subnet_ids         = list(string)
    security_group_ids = list(string)
  })
  default = null
  validation {
    condition     = var.vpc == null ? true : length(var.vpc.subnet_ids) > 0 && length(var.vpc.security_group_ids) > 0
    error_message = "vpc has a subnet and a security group at least."
  }
}

# Who hears of trouble

variable "alarms" {
  description = <<-EOT
    Besides the alarms on Errors, Throttles and Duration that every function has:
    `invocations`: alarm when there are fewer than `min` (it stopped firing) or more than `max` in `hours`;
    `failures`: the function's own metric of what failed within good invocations, by the dimension FunctionName;
    `dead_letters`: name of the queue to which messages go that were tried in vain: alarm when it holds any;
    `duration_percent`: how near to the timeout an invocation may come.
  EOT
  type = object({
    invocations      = optional(object({ min = optional(number), max = optional(number), hours = optional(number, 1) }), {})
    failures         = optional(object({ namespace = string, metric = string }))
    dead_letters     = optional(string)
    duration_percent = optional(number, 80)
  })
  default = {}
  validation {
    condition     = var.alarms.duration_percent > 0 && var.alarms.duration_percent <= 100
    error_message = "alarms.duration_percent is above 0 and at most 100."
  }
  validation {
    condition     = try(var.alarms.invocations.min <= var.alarms.invocations.max, true)
    error_message = "alarms.invocations: min is at most max."
  }
  validation {
    condition     = var.alarms.invocations.hours >= 1 && var.alarms.invocations.hours <= 24 && floor(var.alarms.invocations.hours) == var.alarms.invocations.hours
    error_message = "alarms.invocations.hours is a whole number from 1 to 24."
  }
}

variable "alarm_topic" {
  description = "ARN of an SNS topic that the alarms go to."
  type        = string
  default     = null
  validation {
    condition     = var.alarm_topic == null ? true : can(regex("^arn:[^:]+:sns:", var.alarm_topic))
    error_message = "alarm_topic is the ARN of an SNS topic."
  }
}

variable "alarm_email" {
  description = "Address that the alarms go to, by an SNS topic of the function's own; AWS asks it to confirm."
  type        = string
  default     = null
  validation {
    condition     = var.alarm_email == null ? true : can(regex("^[^@\\s]+@[^@\\s]+$", var.alarm_email))
    error_message = "alarm_email is an address such as me@example.com."
  }
}
