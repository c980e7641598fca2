---@meta
--- People who move between states.
--- A part of lobule.core, as core.lua beside this file says.

---@class lobule.core
local core = {}

--- Rows of a model of outcome "causes" as histories of persons (its clusters; without, each row is
--- one).
---@param model lobule.Model
---@param plan table                n_state; initial (from 1); causes (the state of each cause);
---                                 absorbing (list of states); start, cluster (factor columns of
---                                 the frame, or nil)
---@return lobule.Histories
function core.histories(model, plan) end

---@class lobule.Histories
local Histories = {}
--- What is wrong: overlap, twice, gap, jump, teleport, absorbing, each { n, rows (up to five) }.
---@return table
function Histories:faults() end
--- n_person, n_same, transitions (lists; the last column: censored), visits (lists), time_in,
--- visited.
---@return table
function Histories:summary() end
--- The state over each row of the frame, from 1; NA where left out.
---@return lobule.Frame
function Histories:from() end

--- Aalen-Johansen estimate of a "groups" model.
---@param histories lobule.Histories
---@param options table             conf_level, conf_type, variance ("jackknife", "greenwood",
---                                 "aalen"), start_time, landmark (a state), p0 (list), frequency
---@return lobule.StateFit
function core.multistate(histories, options) end

---@class lobule.StateFit
local StateFit = {}
--- time, n_risk, n_event (into the state), n_censor, estimate, std_error, conf_low, conf_high.
---@param g integer
---@param state integer
---@return lobule.Frame
function StateFit:curve(g, state) end
--- The same at times; n_event and n_censor since the previous time listed.
---@param g integer
---@param state integer
---@param times number[]            ascending
---@return lobule.Frame
function StateFit:at(g, state, times) end
--- from, to, time, n_risk, n_event of each transition's times.
---@param g integer
---@return lobule.Frame
function StateFit:jumps(g) end
--- occupation, sojourn, visits from the start to a time: each { estimate, std_error } by state.
---@param g integer
---@param time number
---@return table
function StateFit:expect(g, time) end
--- estimate and std_error (lists of lists) of P(from, to).
---@param g integer
---@param from number
---@param to number
---@return table
function StateFit:transition(g, from, to) end
--- n (clusters), n_spell, n_event, last, settled (nobody is left to move), p0, p0_std_error,
--- p0_estimated.
---@param g integer
---@return table
function StateFit:count(g) end

--- The rows at risk of each transition below each other, for core.cox.
---@param histories lobule.Histories
---@param plan table                from, to, baseline (a number each); baselines (names); terms
---                                 ({ term, variable, level, reference } each); column (transition
---                                 by term: 0 absent, -2 constant, else a column of the design)
---@return lobule.Model
function core.multistate_stack(histories, plan) end
--- State probabilities of people, by person, time and state.
---@param model lobule.Model        of core.multistate_stack
---@param fit table                 of core.cox
---@param plan table                that of the model
---@param options table             p0, times, start_time, increment, conf_level, conf_type
---@param newdata lobule.Model      of core.model_apply
---@return lobule.Frame             # estimate, std_error, conf_low, conf_high
function core.multistate_predict(model, fit, plan, options, newdata) end

return core
