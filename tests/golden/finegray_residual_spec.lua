--- Residuals and the test of proportionality of Fine-Gray models against R's survival::finegray,
--- coxph, residuals and cox.zph.
local lb = require "lobule"

local function near(got, want, tolerance)
  assert.is_true(math.abs(got - want) <= tolerance * math.max(1, math.abs(want)),
    ("got %.17g, expected %.17g"):format(got, want))
end

-- survival 3.5-3, d = mgus2 without NA of hgb, ev = factor(event), id = row:
-- fg <- finegray(Surv(etime, ev) ~ age + sex + hgb + id, d, etype = "1")
-- f <- coxph(Surv(fgstart, fgstop, fgstatus) ~ age + sex + hgb, fg, weights = fgwt,
--            ties = "breslow", id = id, control = coxph.control(eps = 1e-12, iter.max = 50))
-- martingale: rowsum(residuals(f, "martingale") * fg$fgwt, fg$id)
-- score: s <- rowsum(residuals(f, "score", weighted = TRUE), fg$id); dfbeta: s %*% f$naive.var
-- scaled: cox.zph(f, "identity")$y
local TERMS <const> = { "age", "sex[M]", "hgb" }
local WANT <const> = {
  score = { { -1.445795642671, 0.0349205792928, 0.014555165086 },
    { -0.889011142339, 0.0422482604162, 0.155235621430 },
    { -1.359371592100, -0.0262649647958, 0.144773685553 } },
  dfbeta = { { -7.10839009359e-05, 0.00121385029572, -0.000121454542797 },
    { -3.53753025316e-05, 0.00118552786909, 0.000211512113635 },
    { -6.30912328317e-05, -0.00139712986697, 0.000325371321518 } },
  -- tied events: R's second row is our first, ours being in the order of the data
  schoenfeld = { { 9.19578263770, -0.490547366969, -4.076609283848 },
    { 9.19578263770, -0.490547366969, -0.976609283848 },
    { 9.20938783263, -0.491273133640, 0.319618318553 } },
  scaled_schoenfeld = { { 0.00971275, -1.205777, -0.89001025 },
    { 0.02744029, -2.038413, -0.08036477 }, { 0.03492771, -2.389618, 0.25845145 } } }
local R <const> = { cause = 1, variance = "model", censoring_ties = "events_first" }

local function mgus()
  return lb.cohort("tests/data/survival_mgus2.csv"):filter "not is_na(hgb)"
end

describe("Fine-Gray residuals", function()
  local fit = lb.survival.finegray("Surv(etime, event) ~ age + sex + hgb", mgus(), R)

  it("are those of the weighted rows", function()
    local martingale = fit:residuals():column "martingale"
    for i, want in ipairs { -0.0710976182055, -0.0860166030000, -0.0516176578276 } do
      near(martingale[i], want, 1e-11)
    end
    for kind, rows in pairs(WANT) do
      local frame = fit:residuals { type = kind }
      for j, term in ipairs(TERMS) do
        for i = 1, 3 do
          near(frame:column(term)[i], rows[i][j], kind == "scaled_schoenfeld" and 1e-6 or 1e-11)
        end
      end
    end
    assert.are.equal(114, #fit:residuals { type = "schoenfeld" })
  end)

  -- cox.zph(f, transform, terms = FALSE)
  it("test proportionality as cox.zph does, of the model's variance", function()
    for transform, want in pairs {
      identity = { 23.069916723047, 0.004635148372, 1.471852504479, 23.472687884443 },
      log = { 19.6967352974, 0.7280262903, 4.5344735147, 21.8708055643 } } do
      local test = fit:ph_test { transform = transform }
      for i, row in ipairs(test:tidy():rows_list()) do near(row.statistic, want[i], 1e-9) end
      assert.are.equal(3, test.df)
    end
  end)

  -- strata: finegray(... ~ age + hgb + id + sx + strata(sex)), coxph(... + strata(sx)); late entry:
  -- Surv(ent, etime, ev), id = id, ent = pmin((id0 * 7) %% 50, etime - 0.5) * (id0 %% 3 == 0) of
  -- mgus2's id0
  it("take ties by Efron, strata and late entry", function()
    local data = mgus():mutate { "ent = if_else(id % 3 == 0, pmin((id * 7) % 50, etime - 0.5), 0)" }
    for _, case in ipairs {
      { "Surv(etime, event) ~ age + hgb", "efron",
        { -0.0633054453320, -0.0781895745809, -0.0608901497584 },
        { 23.4228484702, 1.4231370709, 23.6410676475 } },
      { "Surv(etime, event) ~ age + hgb + strata(sex)", "breslow",
        { -0.0715908358094, -0.0866799958032, -0.0515776929349 },
        { 22.0280168239, 1.6271165274, 22.5105211794 } },
      { "Surv(ent, etime, event) ~ age + hgb + strata(sex)", "breslow",
        { -0.0802354452836, -0.0979497121356, -0.0372316922748 },
        { 22.3922245099, 1.7566840169, 23.0590210145 } } } do
      local late = lb.survival.finegray(case[1], data, { cause = 1, variance = "model",
        censoring_ties = "events_first", ties = case[2] })
      local martingale = late:residuals():column "martingale"
      for i = 1, 3 do near(martingale[i], case[3][i], 1e-9) end
      local test = late:ph_test { transform = "identity" }
      for i, row in ipairs(test:tidy():rows_list()) do near(row.statistic, case[4][i], 1e-9) end
    end
  end)
end)
