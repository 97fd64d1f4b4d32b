--- The tags that make a resource ours to look at: it has one of them at least.
return { "start-stop:schedule", "start-stop:start", "start-stop:stop", "start-stop:keep" }
