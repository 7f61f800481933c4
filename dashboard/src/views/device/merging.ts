/** Which devices may become part of which. */

import type { Device } from "../../state/index.ts";

/** Devices offered at a time: as many as a person looks through. */
export const MAX_OFFERED = 20;

/** The devices that are part of this one, by name. */
export function partsOf(device: Device, all: Iterable<Device>): Device[] {
  return [...all].filter((one) => one.record.mergedInto === device.level).sort(byName);
}

/** What a device may become part of: all others that stand alone; nothing while it has parts itself. */
export function targetsOf(device: Device, all: Iterable<Device>): Device[] {
  const others = [...all].filter((one) => one !== device);
  if (others.some((one) => one.record.mergedInto === device.level)) return [];
  return others.filter((one) => one.record.mergedInto === null).sort(byName);
}

/** Those whose name or id has every word of a text, at most MAX_OFFERED. */
export function matching(targets: readonly Device[], text: string): Device[] {
  const words = text.toLocaleLowerCase().split(/\s+/).filter(Boolean);
  const found = targets.filter((one) => {
    const names = `${one.name}\n${one.id}`.toLocaleLowerCase();
    return words.every((word) => names.includes(word));
  });
  return found.slice(0, MAX_OFFERED);
}

function byName(a: Device, b: Device): number {
  return a.name.localeCompare(b.name) || a.id.localeCompare(b.id);
}
