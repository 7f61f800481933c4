-- Who is on a topic. After `presence.lua`.
--
-- ARGV: topic, limit
-- Gives the number of users; then user, ms since the epoch, sessions of those who have been there for longest.
local topic, limit = ARGV[OWN], tonumber(ARGV[OWN + 1])
local answer = {'', 0, redis.call('ZCARD', on(topic))}
if limit == 0 then
  return answer
end
local found, fields = redis.call('ZRANGE', on(topic), 0, limit - 1, 'WITHSCORES'), {}
for i = 1, #found, 2 do
  fields[#fields + 1] = topic .. '\n' .. found[i]
end
local sessions = #fields > 0 and redis.call('HMGET', all_sessions, unpack(fields)) or {}
for i = 1, #fields do
  answer[#answer + 1] = found[2 * i - 1]
  answer[#answer + 1] = found[2 * i]
  answer[#answer + 1] = sessions[i] or '0'
end
return answer
