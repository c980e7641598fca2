--- Signatures of recipes: OpenSSH's ssh-keygen signs a manifest (the SHA-256 of the recipe and of
--- its example), with keys that researchers have; NAME.lua.sig stands beside the recipe. Nothing
--- here is cryptography of our own but the hashes.
local catalog = require "lobule.recipe.catalog"
local core = require "lobule.core"
local example = require "lobule.recipe.example"
local host = require "lobule.host"

local M = {}

local NAMESPACE <const> = "lobule-recipe"
local PROGRAM <const> = "ssh-keygen"

--- The text that is signed.
---@param entry lobule.recipe.Entry described
---@return string
---@raise an example's file that is missing
function M.manifest(entry)
  local lines = { "lobule recipe manifest 1", ("%s  %s"):format(entry.sha256, entry.file) }
  for _, name in ipairs(example.file_names(example.of(entry.declared))) do
    local bytes = catalog.beside(entry, name)
    if not bytes then core.raise("io", ("the example's file '%s' is missing"):format(name)) end
    lines[#lines + 1] = ("%s  %s"):format(core.sha256(bytes), name)
  end
  return table.concat(lines, "\n") .. "\n"
end

--- The file of keys that are trusted: whose they are, one key a line (see ssh-keygen(1),
--- ALLOWED SIGNERS).
---@return string?
function M.default_signers()
  local folder, home = os.getenv "XDG_CONFIG_HOME", os.getenv "HOME"
  if folder == nil or folder == "" then folder = home and home .. "/.config" end
  return folder and folder .. "/lobule/allowed_signers"
end

--- Runs ssh-keygen; nil and a message when there is none.
local function keygen(words, input)
  table.insert(words, 1, PROGRAM)
  local status, output = host.run_program(words, input)
  if status then return status, output end
  core.raise("io", ("%s cannot be started: %s"):format(PROGRAM, output),
    "Signatures need the package openssh-client.")
end

--- Calls f(folder) with a temporary folder that holds the files, and removes it.
local function with_files(files, f)
  local folder, names = host.temporary_folder(), {}
  for name, text in next, files do
    names[#names + 1] = folder .. "/" .. name
    core.write_file(names[#names], text)
  end
  local answer = table.pack(pcall(f, folder))
  for _, name in ipairs(names) do os.remove(name) end
  os.remove(folder .. "/manifest.sig")
  os.remove(folder)
  if not answer[1] then error(answer[2], 0) end
  return table.unpack(answer, 2, answer.n)
end

--- What ssh-keygen said, without the temporary folder's name.
local function said(output, folder)
  local at = output:find(folder, 1, true)
  while at do
    output = output:sub(1, at - 1) .. output:sub(at + #folder + 1)
    at = output:find(folder, 1, true)
  end
  return output:gsub("%s+$", "")
end

--- A signature of the recipe and its example.
---@param entry lobule.recipe.Entry described
---@param key string                path of the private key (or the public one, with an agent)
---@return string signature         text of NAME.lua.sig
---@raise a key that cannot be used; ssh-keygen is missing
function M.sign(entry, key)
  if host.path_kind(key) == nil then
    core.raise("io", ("no key file '%s'"):format(key), "ssh-keygen -t ed25519 makes a key.")
  end
  return with_files({ manifest = M.manifest(entry) }, function(folder)
    local status, output = keygen { "-Y", "sign", "-n", NAMESPACE, "-f", key,
      folder .. "/manifest" }
    if status ~= 0 then
      core.raise("data", "the recipe could not be signed: " .. said(output, folder))
    end
    return core.read_file(folder .. "/manifest.sig")
  end)
end

---@class lobule.recipe.SignatureState
---@field state "none"|"valid"|"unknown"|"broken"|"unchecked"
---@field signer? string            who signed, as the file of signers has it
---@field key? string               fingerprint of the key
---@field text string               in words

local function check_in(folder, signers)
  local manifest, sig = folder .. "/manifest", folder .. "/signature"
  local status, output = keygen({ "-Y", "check-novalidate", "-n", NAMESPACE, "-s", sig }, manifest)
  if status ~= 0 then
    return { state = "broken", text = "the signature does not fit: the recipe or its example was "
      .. "changed after signing, or the signature is damaged" }
  end
  local key = output:match "(SHA256:%S+)"
  local unknown = { state = "unknown", key = key,
    text = ("signed by a key that is not among the allowed signers (%s)"):format(key or "?") }
  if not signers or host.path_kind(signers) == nil then return unknown end
  status, output = keygen { "-Y", "find-principals", "-s", sig, "-f", signers }
  local who = status == 0 and output:match "^[^\r\n]+"
  if not who then return unknown end
  -- The namespaces and the dates of the line are judged here.
  status = keygen({ "-Y", "verify", "-n", NAMESPACE, "-f", signers, "-I", who, "-s", sig },
    manifest)
  if status ~= 0 then return unknown end
  return { state = "valid", signer = who, key = key,
    text = ("signed by %s (%s)"):format(who, key or "?") }
end

--- Whether a signature fits the recipe and its example, and whose it is.
---@param entry lobule.recipe.Entry described
---@param text? string              the signature; nil: there is none
---@param signers? string           path of the allowed signers; a missing file knows nobody
---@return lobule.recipe.SignatureState
---@raise ssh-keygen is missing
function M.check(entry, text, signers)
  if not text then return { state = "none", text = "unsigned" } end
  return with_files({ manifest = M.manifest(entry), signature = text }, function(folder)
    return check_in(folder, signers)
  end)
end

--- As M.check for the signature beside the recipe and the default signers; what cannot be checked
--- is said in words, not raised.
---@param entry lobule.recipe.Entry described
---@return lobule.recipe.SignatureState
function M.state(entry)
  local ok, state = pcall(function()
    return M.check(entry, catalog.beside(entry, entry.file .. ".sig"), M.default_signers())
  end)
  if ok then return state end
  return { state = "unchecked", text = "signature not checked: " .. tostring(state) }
end

--- What a report says of a recipe's signature: whose it is, or "unsigned".
---@param recipe lobule.recipe.File
---@param declared lobule.recipe.Declaration
---@return string
function M.text(recipe, declared)
  return M.state(setmetatable({ declared = declared }, { __index = recipe })).text
end

return M
