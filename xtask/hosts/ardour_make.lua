-- Runs inside `ardour7-lua`: makes a session with the song on a track, One2Four on it, values and
-- automation.
--
-- ardour_make.lua FOLDER NAME RATE FRAMES SONG.wav CONTROLS.csv
--
-- It prints the latency that Ardour was told. CONTROLS.csv has rows of sample,parameter,value, the
-- value as Ardour counts it: dB, 0 or 1. Rows without a sample set the parameter once and for all.

local folder, name, rate, frames, song, controls = table.unpack(arg, 1, 6)
rate, frames = tonumber(rate), tonumber(frames)
local TRACK = "Song"
-- Ardour 7 counts time in these ticks per second.
local SUPERCLOCK = 282240000

local function fail(message)
  io.stderr:write("error: " .. message .. "\n")
  os.exit(1)
end

local function read(path)
  local file = io.open(path, "rb") or fail("cannot read " .. path)
  local content = file:read("a")
  file:close()
  return content
end

local function write(path, content)
  local file = io.open(path, "wb") or fail("cannot write " .. path)
  file:write(content)
  file:close()
end

-- Sets a parameter, and draws what is to change on the way.
local function control(plugin)
  local indices = {}
  for i = 0, plugin:to_insert():plugin(0):parameter_count() - 1 do
    local _, _, description = ARDOUR.LuaAPI.plugin_automation(plugin, i)
    indices[description.label] = i
  end
  for row in read(controls):gmatch("[^\n]+") do
    local sample, label, value = row:match("^(%d*),([^,]+),([^,]+)$")
    local i = indices[label] or fail("Ardour sees no parameter `" .. tostring(label) .. "`")
    if sample == "" then
      ARDOUR.LuaAPI.set_processor_param(plugin, i, tonumber(value))
    else
      local _, list = ARDOUR.LuaAPI.plugin_automation(plugin, i)
      list:set_interpolation(Evoral.InterpolationStyle.Discrete)
      list:add(Temporal.timepos_t(tonumber(sample)), tonumber(value), false, false)
      local id = Evoral.Parameter(ARDOUR.AutomationType.PluginAutomation, 0, i)
      plugin:to_automatable():automation_control(id, false)
        :set_automation_state(ARDOUR.AutoState.Play)
    end
  end
end

-- Ardour's Lua imports no audio, so the region is written into the saved session.
local function add_region(path)
  local session = read(path)
  local next_id = tonumber(session:match('id%-counter="(%d+)"'))
  local function new_id()
    next_id = next_id + 1
    return next_id
  end
  local function replace(pattern, text)
    local changed, count = session:gsub(pattern, function() return text end, 1)
    if count == 0 then fail("the session holds no " .. pattern) end
    session = changed
  end

  local length = "a" .. math.tointeger(frames * SUPERCLOCK // rate)
  local sources, refs = {}, {}
  for channel = 0, 1 do
    local id = new_id()
    sources[#sources + 1] = ('<Source name="song.wav" take-id="" type="audio" flags="" id="%d" '
      .. 'natural-position="a0" channel="%d" origin="" gain="1"/>'):format(id, channel)
    refs[#refs + 1] = ('source-%d="%d" master-source-%d="%d"'):format(channel, id, channel, id)
  end
  -- No fades: they would be a difference that is not the plugin's.
  local region = ('<Region name="song" muted="0" opaque="1" locked="0" automatic="0" '
    .. 'whole-file="0" import="0" external="0" hidden="0" start="a0" length="%s@a0" '
    .. 'sync-position="a0" ancestral-start="a0" ancestral-length="a0@a0" stretch="1" shift="1" '
    .. 'layering-index="0" id="%d" type="audio" first-edit="nothing" envelope-active="0" '
    .. 'default-fade-in="0" default-fade-out="0" fade-in-active="0" fade-out-active="0" '
    .. 'scale-amplitude="1" channels="2" %s/>')
    :format(length, new_id(), table.concat(refs, " "))
  local range = ('<Locations><Location id="%d" name="session" start="a0" end="%s" '
    .. 'flags="IsSessionRange" locked="0" timestamp="0" cue="0"/></Locations>')
    :format(new_id(), length)

  local playlist = session:match('<Playlist [^>]*name="' .. TRACK .. '"[^>]*/>')
    or fail("the session holds no playlist")
  replace('<Playlist [^>]*name="' .. TRACK .. '"[^>]*/>',
    playlist:sub(1, -3) .. ">" .. region .. "</Playlist>")
  replace("<Sources/>", "<Sources>" .. table.concat(sources) .. "</Sources>")
  replace("<Locations/>", range)
  replace('id%-counter="%d+"', ('id-counter="%d"'):format(next_id + 1))
  write(path, session)
end

AudioEngine:set_backend("None (Dummy)", "", "")
local session = create_session(folder, name, rate) or fail("Ardour makes no session")
local track = session:new_audio_track(2, 2, nil, 1, TRACK, ARDOUR.PresentationInfo.max_order,
  ARDOUR.TrackMode.Normal, true):front()
local plugin = ARDOUR.LuaAPI.new_plugin(session, "One2Four", ARDOUR.PluginType.VST3, "")
if plugin:isnil() then fail("Ardour knows no VST3 called One2Four") end
track:to_route():add_processor_by_index(plugin, 0, nil, true)
control(plugin)
-- A VST3 takes its values with a block of audio, so the engine has to run before they are saved.
ARDOUR.LuaAPI.usleep(500000)
print("latency " .. plugin:to_insert():signal_latency())
session:save_state("")
session, track, plugin = nil, nil, nil
collectgarbage()
close_session()

write(folder .. "/interchange/" .. name .. "/audiofiles/song.wav", read(song))
add_region(folder .. "/" .. name .. ".ardour")
quit()
