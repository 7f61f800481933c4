import { useEffect, useState } from "preact/hooks";
import { useLocation } from "preact-iso";
import { useApp, useText, useTitle } from "../app/app.ts";
import { DeviceFilters } from "./device_filters.tsx";
import { DeviceTable } from "./device_table.tsx";
import { FilteredEmpty, NoDevices, RowSkeletons } from "./empty.tsx";
import { Quarantine } from "./quarantine.tsx";
import { type DeviceQuery, formatQuery, parseQuery } from "./query.ts";
import { useListing } from "./use_listing.ts";
import "./devices.css";

const TYPING_MS = 300;

/** The query of the URL; typing changes the list at once and the URL when it rests. */
function useQuery(): [DeviceQuery, (query: DeviceQuery) => void] {
  const location = useLocation();
  const [query, setQuery] = useState(() => parseQuery(location.query));
  useEffect(() => {
    const timer = setTimeout(() => {
      const url = `/devices${formatQuery(query)}`;
      if (url !== window.location.pathname + window.location.search) location.route(url, true);
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [query, location]);
  return [query, setQuery];
}

/** All devices with their live values; search, state and order are in the URL. */
export default function DevicesPage() {
  const { hub } = useApp();
  const text = useText();
  useTitle(text("page.devices"));
  const [query, setQuery] = useQuery();
  const listing = useListing(query);
  const clear = () => setQuery({ ...query, q: "", state: "all" });
  return (
    <div class="devices">
      <Quarantine />
      <DeviceFilters query={query} listing={listing} onChange={setQuery} />
      {listing.counts.all === 0 && (hub.loaded.value ? <NoDevices /> : <RowSkeletons />)}
      {listing.counts.all > 0 && listing.ids.length === 0 && <FilteredEmpty query={query} onClear={clear} />}
      {listing.ids.length > 0 && (
        <DeviceTable
          ids={listing.ids}
          onHold={listing.hold}
          query={query}
          onSort={(sort) => setQuery({ ...query, sort })}
        />
      )}
    </div>
  );
}
