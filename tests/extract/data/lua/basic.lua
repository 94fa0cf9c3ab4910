local json = require("json")
local util = require "lib.util"

local M = {}
M.limit = 10
LIMIT = 5

--- Adds two.
-- More.
function M.add(a, b)
  local sum = a + b
  return util.check(sum)
end

function M:method(x) return self:other(x) end
local function helper(n) print(n) end
function global_one() end
M.late = function(y) return y.z end
local anon = function() end
local t = { run = function() end, size = 3 }

return M
