--- A recipe with the files that belong to it, by name: what is packed and what is installed. Names
--- are plain, files are files, sizes are limited; nothing of a recipe runs.
local core = require "lobule.core"
local example = require "lobule.recipe.example"
local host = require "lobule.host"

local M = {}

M.MOST_FILES, M.MOST_BYTES = 200, 64 * 2 ^ 20 | 0
local MOST_RECIPE <const> = 2 ^ 20

local function refuse(text, mend)
  core.raise("data", text, mend)
end

--- Raises unless a name is one that a packed recipe may hold.
---@param name string
---@raise folders, "..", absolute paths, odd characters
function M.check_name(name)
  if example.plain_name(name) then return end
  refuse("a file's name is not plain: it must be letters, digits, '.', '_', '-', without folders",
    "`lobule recipe pack` makes archives with plain names.")
end

--- The bytes of a plain file.
---@param path string
---@param shown string              its name in messages
---@return string
---@raise a symbolic link, a folder, a file that is not there or too large
function M.read(path, shown)
  local kind = host.path_kind(path)
  if kind == nil then core.raise("io", ("'%s' is not there"):format(shown)) end
  if kind ~= "file" then
    refuse(("'%s' is a %s, not a file"):format(shown, kind == "link" and "symbolic link" or kind))
  end
  local bytes = core.read_file(path)
  if #bytes > M.MOST_BYTES then
    refuse(("'%s' is larger than %d MiB"):format(shown, M.MOST_BYTES // 2 ^ 20))
  end
  return bytes
end

--- The files of a folder that could belong to recipes; folders in it and hidden files are passed
--- over, as are names that are not plain.
---@param folder string
---@return table<string, string>    bytes by name
function M.from_folder(folder)
  local files, n, total = {}, 0, 0
  for _, name in ipairs(host.folder(folder) or {}) do
    local wanted = name:find "%.lua$" or name:find "%.lua%.sig$" or name:find "%.example%."
    if wanted and example.plain_name(name) then
      files[name] = M.read(folder .. "/" .. name, name)
      n, total = n + 1, total + #files[name]
      if n > M.MOST_FILES or total > M.MOST_BYTES then
        refuse("the folder holds more than recipes may")
      end
    end
  end
  return files
end

--- The files of an archive.
---@param bytes string
---@return table<string, string>    bytes by name
---@raise names that are not plain, links, folders, more than the limits
function M.from_zip(bytes)
  local names, texts = core.unzip(bytes, M.MOST_FILES, M.MOST_BYTES)
  local files = {}
  for i, name in ipairs(names) do
    M.check_name(name)
    files[name] = texts[i]
  end
  return files
end

--- One recipe's files: its own and the example's, and the signature if there is one.
---@param entry lobule.recipe.Entry described
---@param take fun(name: string): string?  the bytes of a file beside it
---@return string[] names           sorted, the recipe first
---@return table<string, string> files
---@raise a recipe in a file of another name, an example's file that is missing
function M.collect(entry, take)
  local declared = entry.declared
  if not declared then refuse(entry.problem) end
  if entry.file ~= declared.name .. ".lua" then
    refuse(("the recipe '%s' is in a file called '%s'"):format(declared.name, entry.file),
      ("It must be called %s.lua."):format(declared.name))
  end
  if #entry.source > MOST_RECIPE then refuse("the recipe is larger than 1 MiB") end
  local names, files = { entry.file }, { [entry.file] = entry.source }
  for _, name in ipairs(example.file_names(example.of(declared))) do
    if name:sub(1, #declared.name + 1) ~= declared.name .. "." then
      refuse(("the example's file is called '%s'"):format(name),
        ("Recipes share a folder: it must begin with '%s.'."):format(declared.name))
    end
    files[name] = take(name) or refuse(("the example's file '%s' is missing"):format(name))
    names[#names + 1] = name
  end
  local signature = entry.file .. ".sig"
  files[signature] = take(signature)
  if files[signature] then names[#names + 1] = signature end
  return names, files
end

return M
