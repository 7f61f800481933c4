/** The address of a device's page. */
export function devicePath(id: string): string {
  return `/devices/${encodeURIComponent(id)}`;
}
