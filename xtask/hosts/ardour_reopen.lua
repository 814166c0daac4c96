-- Runs inside `ardour7-lua`: opens a session, saves it and closes it.
--
-- ardour_reopen.lua FOLDER NAME

local folder, name = table.unpack(arg, 1, 2)

AudioEngine:set_backend("None (Dummy)", "", "")
local session = load_session(folder, name)
if not session then
  io.stderr:write("error: Ardour does not open " .. name .. "\n")
  os.exit(1)
end
-- Long enough for a plugin that forgets its state when it plays.
ARDOUR.LuaAPI.usleep(500000)
session:save_state("")
session = nil
collectgarbage()
close_session()
quit()
