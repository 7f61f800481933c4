-- Say how many sessions users have by a node, and renew its lease. After `presence.lua`.
--
-- ARGV: node, its last attempt that it knows was carried out, this attempt, ms of its lease;
--       then topic, user, sessions of each change
-- Gives 1; 0 and nothing done where what the node said before is not known here. An attempt that comes after a later
-- one of the same node, because a lost connection's bytes came late, is not carried out.
local node, known, attempt = ARGV[OWN], tonumber(ARGV[OWN + 1]), tonumber(ARGV[OWN + 2])
local done = tonumber(redis.call('HGET', attempts, node) or 0)
if done < known or done >= attempt then
  return {'', 0, 0}
end
redis.call('HSET', attempts, node, attempt)
redis.call('ZADD', nodes, string.format('%d', now + tonumber(ARGV[OWN + 3])), node)
for i = OWN + 4, #ARGV, 3 do
  set(node, ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]))
end
local position, overrun = append_said()
return {position, overrun, 1}
