/** Which of a device's keys say most about it: those come first where there is no room for all. */

/** Looked for in the last part of a key, from what a person asks first to what is only added up. */
const RANKS: readonly RegExp[] = [
  /^(alarm|leak|water_?leak|smoke|gas|tamper)$/i,
  /^(temperature|local_temperature|temp)$/i,
  /^(humidity|pressure|co2|pm_?2_?5|illuminance|lux|level|flow|speed|weight|distance)$/i,
  /^(power|apower|act_power|total_act_power)$/i,
  /^(contact|occupancy|motion|presence|door|window|relay|output|state|running_state|mode|position)$|^power\d*$/i,
  /setpoint$|^(target|brightness)/i,
  /^(current|voltage)$/i,
  /^(energy|aenergy|total|today|total_act_energy|consumption|produced|water|volume)$/i,
];
const TECHNICAL =
  /^(battery|battery_?low|battery_?voltage|linkquality|rssi|snr|signal|lqi|uptime|uptimesec|heap|heap_?size|load_?avg|sleep|sleep_?mode|vcc|update|last_seen|counter|yesterday|factor|period|frequency|loadavg|mqttcount|linkcount|total_?start_?time)$/i;
/** Everything below these is about the device's own network. */
const TECHNICAL_GROUP = /^(wifi|wi-fi|ethernet|network|mqtt|cloud|sys|system|device)$/i;

function rankOf(key: string): number {
  const parts = key.split(/[./]/);
  const last = parts.at(-1) ?? key;
  if (TECHNICAL.test(last) || TECHNICAL_GROUP.test(parts[0] ?? "")) return RANKS.length + 1;
  const rank = RANKS.findIndex((pattern) => pattern.test(last));
  return rank < 0 ? RANKS.length : rank;
}

/** The items by how much their keys say; equal ones in the order they had. */
export function headline<Item extends { readonly key: string }>(items: Iterable<Item>): Item[] {
  return Array.from(items, (item, order) => ({ item, order, rank: rankOf(item.key) }))
    .sort((a, b) => a.rank - b.rank || a.order - b.order)
    .map(({ item }) => item);
}
