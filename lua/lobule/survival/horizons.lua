--- What is estimated at a horizon, from options: survival, cumulative incidence, restricted mean or
--- lost time. Shared by pseudo-values and their regression.
local core = require "lobule.core"
local fitting = require "lobule.survival.fitting"
local format = require "lobule.format"

local M = {}

--- The model of a plain event, or of competing causes where the event has them.
---@param formula string
---@param data lobule.Cohort|lobule.Frame
---@param kind "groups"|"design"|"counts"
---@param opts table
---@return lobule.Model
---@return table info
---@return string[] causes          competing ones; empty when there is one kind of event
function M.build(formula, data, kind, opts)
  local causes = { censored = fitting.as_text(opts, "censored") }
  if not causes.censored then
    local ok, model, info = pcall(fitting.build, formula, data, kind, opts)
    if ok then return model, info, {} end
  end
  local model, info = fitting.build(formula, data, kind, opts, causes)
  return model, info, #info.causes > 1 and info.causes or {}
end

local POINT <const> = { survival = true, cif = true }
local PLURAL <const> = { survival = "times", cif = "times", rmst = "tau", rmtl = "tau" }

--- times and tau go with different types.
local function check_times(opts, kind)
  local right, wrong = PLURAL[kind], POINT[kind] and "tau" or "times"
  if opts[wrong] then
    core.raise("argument", ("%s has no meaning for type '%s'"):format(wrong, kind),
      ("Write %s = ..."):format(right))
  end
  if not opts[right] then
    core.raise("argument", ("there are no %s"):format(right),
      ("Choose them before looking at the curves: %s = 12."):format(right))
  end
  if opts.from ~= 0 and POINT[kind] then
    core.raise("argument", ("from has no meaning for type '%s'"):format(kind), "Leave it out.")
  end
  return opts[right]
end

--- The horizons that options ask for.
---@param opts table                type, times, tau, from, cause
---@param causes string[]           competing ones
---@return table at                 kind, from, tau (list), cause (number or nil)
---@return string? cause            its name
function M.choose(opts, causes)
  local kind = opts.type
  if kind == nil then
    if opts.times then kind = opts.cause ~= nil and "cif" or "survival" end
    if not opts.times then kind = opts.cause ~= nil and "rmtl" or "rmst" end
  end
  local at = { kind = kind, from = opts.from, tau = check_times(opts, kind) }
  local by_cause = kind == "cif" or kind == "rmtl"
  if opts.cause ~= nil and not by_cause then
    core.raise("argument", ("cause has no meaning for type '%s'"):format(kind),
      'Types of a cause are "cif" and "rmtl".')
  elseif opts.cause ~= nil and #causes == 0 then
    core.raise("argument", "cause: there is one kind of event", "Leave it out.")
  end
  if by_cause and #causes > 0 then
    at.cause = require("lobule.survival.finegray").choose_cause(causes,
      fitting.as_text(opts, "cause"))
  end
  return at, at.cause and causes[at.cause]
end

local NAMES <const> = { survival = "survival", cif = "cumulative incidence",
  rmst = "restricted mean survival time", rmtl = "time lost" }

--- "restricted mean survival time to 24 months", "cumulative incidence of 'relapse' at 12 and 24".
---@param at table
---@param cause? string
---@param unit? string
---@return string
function M.words(at, cause, unit)
  local times = {}
  for k, tau in ipairs(at.tau) do times[k] = format.time(tau) end
  local text = NAMES[at.kind]
  if cause then text = text .. (at.kind == "cif" and " of '" or " to '") .. cause .. "'" end
  local from = at.from > 0 and (" from %s"):format(core.format_number(at.from)) or ""
  local last = #times > 1 and " and " .. table.remove(times) or ""
  return ("%s%s %s %s%s%s"):format(text, from, POINT[at.kind] and "at" or
    (at.from > 0 or not cause) and "to" or "up to", table.concat(times, ", "), last,
    unit and " " .. unit or "")
end

return M
