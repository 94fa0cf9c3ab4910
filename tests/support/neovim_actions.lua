-- Uses code actions as a person in Neovim does: opens a file, chooses an action, undoes it.
--
-- $ACTIONS is JSON: server (a command), folder, file, language, actions (a list of {title, line}).
-- What came of each is written as JSON to its `out`: titles of the menu, the text, and that after
-- one undo.

local asked = vim.fn.json_decode(vim.env.ACTIONS)
local told = { menus = {}, after = {}, undone = {}, messages = {} }

local function finish(problem)
  told.problem = problem or ''
  local out = io.open(asked.out, 'w')
  out:write(vim.fn.json_encode(told))
  out:close()
  vim.cmd('qa!')
end

local function wait(what, holds)
  if not vim.wait(60000, holds, 20) then
    error('waited in vain for ' .. what)
  end
end

local function text()
  return table.concat(vim.api.nvim_buf_get_lines(0, 0, -1, true), '\n')
end

local wanted
vim.ui.select = function(items, _, choose)
  local titles, chosen = {}, nil
  for _, item in ipairs(items) do
    local action = item.action or item[2]
    table.insert(titles, action.title)
    if action.title == wanted then
      chosen = item
    end
  end
  table.insert(told.menus, titles)
  choose(chosen)
end

local show = vim.lsp.handlers['window/showMessage']
vim.lsp.handlers['window/showMessage'] = function(err, result, ctx, config)
  table.insert(told.messages, result.message)
  return show(err, result, ctx, config)
end

local function go()
  vim.cmd('edit ' .. vim.fn.fnameescape(asked.file))
  vim.bo.filetype = asked.language
  local client = vim.lsp.start_client({
    name = 'ownstack',
    cmd = asked.server,
    root_dir = asked.folder,
    workspace_folders = { { uri = vim.uri_from_fname(asked.folder), name = 'project' } },
  })
  vim.lsp.buf_attach_client(0, client)
  wait('the server', function()
    local found = vim.lsp.get_client_by_id(client)
    return found and found.initialized
  end)
  for _, action in ipairs(asked.actions) do
    local before, messages = text(), #told.messages
    wanted = action.title
    vim.api.nvim_win_set_cursor(0, { action.line, 0 })
    vim.lsp.buf.code_action()
    wait(action.title, function()
      return text() ~= before or #told.messages > messages
    end)
    table.insert(told.after, text())
    if text() ~= before then
      vim.cmd('undo')
    end
    table.insert(told.undone, text())
  end
  vim.cmd('write!')
end

local ok, problem = pcall(go)
finish(not ok and tostring(problem) or nil)
