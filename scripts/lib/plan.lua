--- Runs a function's plan/main.lua: `plan.lua ROOT NAME [ARG…]`.

local root, name = arg[1], arg[2]
package.path = ("%s/functions/%s/?.lua;%s/spec/?.lua;%s/host/lib/?.lua;%s")
  :format(root, name, root, root, package.path)
os.exit(require "plan.main" { unpack(arg, 3) })
