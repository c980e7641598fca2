--- Numbers for people: every rule at its boundaries, in every locale.
local helper = dofile "tests/lua/report_helper.lua"
local core = require "lobule.core"
local format = require "lobule.format"

local function each(f, cases)
  for _, case in ipairs(cases) do
    local got = f(table.unpack(case, 2))
    assert.are.equal(case[1], got, ("f(%s)"):format(table.concat({ tostring(case[2]),
      tostring(case[3]) }, ", ")))
  end
end

describe("format.fixed", function()
  it("rounds the number as stored, exact ties away from zero", function()
    each(format.fixed, { { "0.13", 0.125, 2 }, { "-0.13", -0.125, 2 }, { "3", 2.5, 0 },
      { "1", 0.5, 0 }, { "0.3", 0.25, 1 }, { "1.00", 1.005, 2 }, { "0.38", 0.375, 2 },
      { "2", 1.5, 0 }, { "0.12", 0.1249999999999, 2 }, { "5.00", 5, 2 }, { "1.50", 1.5 } })
  end)

  it("never shows a negative zero", function()
    each(format.fixed, { { "0.00", -0.001, 2 }, { "0.00", -0.0, 2 }, { "-0.01", -0.005, 2 },
      { "0", -0.4, 0 }, { "-1", -0.5, 0 } })
  end)

  it("names what is no finite number", function()
    each(format.fixed, { { "NaN", 0 / 0, 2 }, { "Inf", math.huge, 2 }, { "-Inf", -math.huge, 2 },
      { "NA", core.NA, 2 } })
    assert.are.equal("NA", format.fixed(nil, 2))
  end)

  it("refuses text and impossible decimals", function()
    assert.are.equal("argument", helper.raised(format.fixed, "1").code)
    assert.is_truthy(helper.raised(format.fixed, 1, -1).message:find("decimals", 1, true))
  end)
end)

describe("format.number", function()
  it("keeps significant digits and never cuts the whole part", function()
    each(format.number, { { "1.23", 1.2345 }, { "12.3", 12.345 }, { "123", 123.45 },
      { "12346", 12345.6 }, { "0.00123", 0.001234 }, { "1.50", 1.4999 }, { "1.5", 1.5 },
      { "24", 24.0, 6 }, { "12.5", 12.5, 6 }, { "0", 0.0 }, { "0", -0.0 }, { "-1.23", -1.234 },
      { "0.333", 1 / 3 }, { "1.235", 1.2346, 4 } })
  end)

  it("counts the digits after rounding", function()
    each(format.number, { { "9.99", 9.994 }, { "10.0", 9.996 }, { "100", 99.96 }, { "9", 8.5, 1 },
      { "10", 9.5, 1 }, { "1000", 999.6 } })
  end)

  it("writes very small and very large numbers with an exponent", function()
    each(format.number, { { "1.23e-7", 1.234e-7 }, { "1.00e15", 1e15 }, { "4.94e-324", 5e-324 },
      { "0.0001", 1e-4 }, { "-2.50e-10", -2.5e-10 }, { "1.80e308", 1.797e308 } })
  end)

  it("keeps integers whole", function()
    each(format.number, { { "123456", 123456 }, { "-9223372036854775808", math.mininteger } })
  end)
end)

describe("format.p", function()
  it("follows the journals' rule, decided by the exact value", function()
    each(format.p, { { "<0.001", 0 }, { "<0.001", 0.0009999 }, { "0.001", 0.001 },
      { "0.003", 0.0034 }, { "0.010", 0.0098 }, { "0.010", 0.01 }, { "0.01", 0.0100001 },
      { "0.02", 0.015625 }, { "0.04", 0.0449 }, { "0.045", 0.045 }, { "0.049", 0.049 },
      { "0.05", 0.05 }, { "0.34", 0.34 }, { "1.00", 1 }, { "1.00", 0.9999 }, { "<0.001", 1e-300 } })
  end)

  it("passes on what is missing and refuses what is no probability", function()
    each(format.p, { { "NA", core.NA }, { "NaN", 0 / 0 } })
    assert.are.equal("NA", format.p(nil))
    assert.are.equal("argument", helper.raised(format.p, 1.01).code)
    assert.are.equal("argument", helper.raised(format.p, -0.1).code)
    assert.are.equal("argument", helper.raised(format.p, math.huge).code)
  end)
end)

describe("format.percent", function()
  it("shows n/N and as many decimals as the total carries", function()
    each(format.percent, { { "12/40 (30 %)", 12, 40 }, { "1/99 (1 %)", 1, 99 },
      { "33/100 (33.0 %)", 33, 100 }, { "1/999 (0.1 %)", 1, 999 }, { "1/1000 (0.10 %)", 1, 1000 },
      { "0/12 (0 %)", 0, 12 }, { "12/12 (100 %)", 12.0, 12.0 }, { "1/8 (13 %)", 1, 8 },
      { "12.5/40 (31 %)", 12.5, 40 } })
  end)

  it("has no percentage of nothing", function()
    assert.are.equal("0/0", format.percent(0, 0))
    assert.are.equal("NA", format.percent(nil, 40))
    assert.are.equal("NA", format.percent(3, core.NA))
  end)
end)

describe("format.interval, ratio, count", function()
  it("writes intervals with 'to' and a word for a missing limit", function()
    each(format.interval, { { "0.90 to 1.60", 0.9, 1.6 }, { "-1.5 to 2.0", -1.5, 2, 1 },
      { "0.90 to NA", 0.9, core.NA }, { "-Inf to Inf", -math.huge, math.huge } })
    assert.are.equal("12.1 to not reached", format.interval(12.1, nil, 1, "not reached"))
    assert.are.equal("not reached", format.interval(nil, 0 / 0, 1, "not reached"))
  end)

  it("writes ratios with two decimals, large ones with three digits", function()
    each(format.ratio, { { "0.94", 0.94 }, { "1.00", 1 }, { "0.01", 0.01 }, { "<0.01", 0.0098 },
      { "9.99", 9.994 }, { "10.0", 9.996 }, { "12.3", 12.34 }, { "100", 99.96 }, { "1234", 1234.4 },
      { "1.63e8", 162754791.4 }, { "0.00", 0 }, { "Inf", math.huge } })
  end)

  it("writes counts without a thousands mark", function()
    each(format.count, { { "12345", 12345 }, { "12345", 12345.0 }, { "12.3", 12.25 },
      { "NA", core.NA } })
  end)
end)

describe("the locale", function()
  it("does not change a number", function()
    local before = os.setlocale(nil, "numeric")
    for _, name in ipairs { "de_DE.UTF-8", "de_DE.utf8", "fr_FR.UTF-8" } do
      os.setlocale(name, "numeric")
    end
    local shown = { format.fixed(1.5, 2), format.number(1.25e-9), format.number(2.25),
      format.ratio(12.3) }
    os.setlocale(before, "numeric")
    assert.are.same({ "1.50", "1.25e-9", "2.25", "12.3" }, shown)
  end)

  it("shows a time as it was given, and a long one with 4 digits", function()
    assert.are.equal("365.25", format.time(365.25))
    assert.are.equal("1826.25", format.time(1826.25))
    assert.are.equal("11.47", format.time(11.474332648870636))
    assert.are.equal("12", format.time(12))
  end)
end)
