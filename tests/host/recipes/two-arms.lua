-- A recipe for the tests of the command line.
return {
  name = "two-arms", version = "1.0.0", title = "Survival of arms",
  inputs = { data = { help = "one row per patient", columns = {
    { "id", role = "id", type = "text", help = "names the patient" },
    { "treatment", role = "arm", type = "factor", levels = { min = 2, max = 6 },
      help = "The randomised arm." },
    { "time", role = "time", type = "real", range = { 0, 20000 }, help = "Follow-up." },
    { "event", role = "event", type = "logical", help = "Death." },
  } } },
  params = {
    { "conf_level", type = "real", default = 0.95, range = { 0.5, 0.999 },
      help = "confidence level" },
  },
  run = function(lb, inputs, params, report)
    local d = inputs.data:complete({ "time", "event", "treatment" }, "endpoint and arm known")
    local km = lb.survival.km("Surv(time, event) ~ treatment", d,
      { conf_level = params.conf_level })
    print("rows", #d)
    report:add(d:flow()):add(km):add(km:plot())
    return { km = km }
  end,
}
