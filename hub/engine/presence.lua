-- Common to the scripts of presence: who is on which topic, and their joins and leaves on the log in the same step.
-- After `epoch.lua` and `append.lua`.
--
-- KEYS: log, stream, index (see append.lua), presence (what the names below begin with: they share its hash tag)
-- ARGV: known epoch, known offset, suffix of a new epoch, channel, max_bytes, max_age_ms; then the script's own
-- Every script gives {position of what it appended or '', number of batches trimmed although a group needed them, …}.
--
-- nodes       sorted set: node -> end of its lease (ms)
-- attempts    hash: node -> the last attempt of that node which was carried out; STOPPED: it is to come no more
-- of:<node>   hash: "<topic>\n<user>" -> sessions by that node
-- sessions    hash: "<topic>\n<user>" -> sessions by all nodes
-- on:<topic>  sorted set: user -> since when (ms)
local OWN = 7
local STOPPED = -1

local nodes, attempts = KEYS[4] .. ':nodes', KEYS[4] .. ':attempts'
local all_sessions = KEYS[4] .. ':sessions'
local now = now_ms()
local now_text = string.format('%d', now)
local topics, times, lengths, pieces = {}, {}, {}, {}

local function on(topic)
  return KEYS[4] .. ':on:' .. topic
end

local function of(node)
  return KEYS[4] .. ':of:' .. node
end

-- As orjson writes it: cjson escapes every slash.
local function json(text)
  return (string.gsub(cjson.encode(text), '\\/', '/'))
end

local function say(event, topic, user)
  local told = json('presence/' .. topic)
  local data = '{"event":"' .. event .. '","user":' .. json(user) .. '}'
  local piece = '{"topic":' .. told .. ',"time":' .. now_text .. ',"data":' .. data .. '}'
  local i = #pieces + 1
  topics[i], times[i], lengths[i], pieces[i] = told, now_text, #piece, piece
end

local function set(node, topic, user, sessions)
  local field = topic .. '\n' .. user
  local before = tonumber(redis.call('HGET', of(node), field) or 0)
  if sessions == before then
    return
  end
  if sessions > 0 then
    redis.call('HSET', of(node), field, sessions)
  else
    redis.call('HDEL', of(node), field)
  end
  local total = redis.call('HINCRBY', all_sessions, field, sessions - before)
  if total == sessions - before then
    redis.call('ZADD', on(topic), now_text, user)
    say('join', topic, user)
  elseif total == 0 then
    redis.call('HDEL', all_sessions, field)
    redis.call('ZREM', on(topic), user)
    say('leave', topic, user)
  end
end

-- Put what was said on the log as one batch (see Batch.encode); gives its position or '', and the batches overrun.
local function append_said()
  if #pieces == 0 then
    return '', 0
  end
  local head = '{"topics":[' .. table.concat(topics, ',') .. '],"times":[' .. table.concat(times, ',')
    .. '],"lengths":[' .. table.concat(lengths, ',') .. ']}'
  local epoch, offset = life(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), ARGV[3])
  local entry = head .. '\n' .. table.concat(pieces, ',')
  return append(KEYS[1], KEYS[2], KEYS[3], ARGV[4], epoch, offset, entry, tonumber(ARGV[5]), tonumber(ARGV[6]))
end

