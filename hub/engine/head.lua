-- The position of the newest batch. KEYS: log, stream. ARGV: known epoch, known offset, suffix of a new epoch.
local epoch, offset = life(KEYS[1], KEYS[2], ARGV[1], tonumber(ARGV[2]), ARGV[3])
return epoch .. '-' .. string.format('%d', offset)
