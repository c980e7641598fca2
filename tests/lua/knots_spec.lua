--- Knots and polynomials of formulas under frequency weights: those of the rows repeated, bit for
--- bit where they are quantiles; weights of other kinds move no knot.
local lb = require "lobule"

local S <const> = lb.survival
local FREQUENCY <const> = { weights = "w", weight_type = "frequency" }

local function data()
  local columns, seed = { { "t", {} }, { "e", {} }, { "x", {} }, { "w", {} } }, 11
  local function draw()
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  end
  for i = 1, 80 do
    columns[1][2][i], columns[2][2][i] = 0.1 + draw() * 9, draw() < 0.7
    columns[3][2][i] = math.floor(draw() ^ 2 * 400) / 4
    columns[4][2][i] = draw() < 0.3 and 4 or i % 3
  end
  return lb.frame(columns)
end

local function repeated(frame)
  local whole = frame:filter "w >= 1"
  for k = 2, 4 do whole = whole:append(frame:filter(("w >= %d"):format(k))) end
  return whole
end

local function near(got, want)
  assert.is_true(math.abs(got - want) <= 1e-9 * math.max(1, math.abs(want)),
    ("%.15g, expected %.15g"):format(got, want))
end

describe("knots under frequency weights", function()
  local frame = data()
  local rows = repeated(frame)

  for _, basis in ipairs { "ns(x, 3)", "ns(x, 5)", "bs(x, 5)", "rcs(x, 4)", "rcs(x, 5)",
    "poly(x, 3)", "pspline(x, df = 3)" } do
    it("are those of repeated rows in " .. basis, function()
      local weighted = S.cox("Surv(t, e) ~ " .. basis, frame, FREQUENCY)
      local long = S.cox("Surv(t, e) ~ " .. basis, rows)
      near(weighted:glance():column("log_lik")[1], long:glance():column("log_lik")[1])
      local a, b = weighted:tidy():column("estimate"), long:tidy():column("estimate")
      assert.equal(#b, #a)
      for i = 1, #a do
        if b[i] == nil then assert.is_nil(a[i]) else near(a[i], b[i]) end -- of tests: NA
      end
    end)
  end

  it("stay where they are under weights of other kinds", function()
    local function knots(options)
      return S.cox("Surv(t, e) ~ ns(x, 3)", frame:filter "w >= 1", options)
        :glance():column("log_lik")[1]
    end
    local case = knots { weights = "w", weight_type = "case" }
    near(knots { weights = "w", weight_type = "sampling" }, case)
    assert.is_true(math.abs(knots(FREQUENCY) - case) > 1e-6)
  end)

  it("are those of Royston and Parmar's curves too", function()
    local weighted = S.royston_parmar("Surv(t, e) ~ ns(x, 3)", frame, { df = 3, weights = "w",
      weight_type = "frequency" })
    local long = S.royston_parmar("Surv(t, e) ~ ns(x, 3)", rows, { df = 3 })
    near(weighted:glance():column("log_lik")[1], long:glance():column("log_lik")[1])
  end)
end)
