std = "luajit"
max_line_length = 110
unused_args = true
self = false
files["**/spec/**/*_spec.lua"] = { std = "+busted" }
files["spec/**/*_spec.lua"] = { std = "+busted" }
