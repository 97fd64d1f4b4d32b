local ffi = require "ffi"

ffi.cdef [[
double acos(double); double asin(double); double atan(double); double cos(double); double cosh(double);
double exp(double); double log(double); double log10(double); double log2(double); double sin(double);
double sinh(double); double sqrt(double); double tan(double); double tanh(double);
double atan2(double, double); double fmod(double, double); double pow(double, double);
]]

local ONE = { "acos", "asin", "atan", "cos", "cosh", "exp", "log", "log10", "log2", "sin", "sinh", "sqrt",
  "tan", "tanh" }
local TWO = { "atan2", "fmod", "pow" }

describe("the functions of libm", function()
  local libm = ffi.load("libm.so.6")

  it("are libm's own", function()
    for _, name in ipairs(ONE) do
      for _, x in ipairs { 0.25, 0.5, 0.987654321 } do
        assert.equal(libm[name](x), ffi.C[name](x), name)
        if math[name] then assert.equal(libm[name](x), math[name](x), name) end
      end
    end
    for _, name in ipairs(TWO) do
      assert.equal(libm[name](7.5, 2.25), ffi.C[name](7.5, 2.25), name)
      assert.equal(libm[name](7.5, 2.25), math[name](7.5, 2.25), name)
    end
  end)

  it("are so in compiled code as well", function()
    local sum, expected = 0, 0
    for i = 1, 1000 do sum = sum + math.sin(i) * 1.5 ^ (i % 7) + math.log(i) end
    for i = 1, 1000 do expected = expected + libm.sin(i) * libm.pow(1.5, i % 7) + libm.log(i) end
    assert.near(expected, sum, 1e-9)
  end)
end)
