import { Search } from "lucide-preact";
import { useApp, useText } from "../app/app.ts";
import { Segmented } from "../kit/segmented.tsx";
import type { DeviceQuery, Sort, StateFilter } from "./query.ts";
import type { Listing } from "./use_listing.ts";

const STATES: readonly StateFilter[] = ["all", "online", "stale", "offline"];
const SORTS: readonly Sort[] = ["name", "state", "age"];

interface DeviceFiltersProps {
  query: DeviceQuery;
  listing: Listing;
  onChange: (query: DeviceQuery) => void;
}

/** Search, state and order of the device list; `/` goes to the search field. */
export function DeviceFilters({ query, listing, onChange }: DeviceFiltersProps) {
  const { numbers } = useApp();
  const text = useText();
  const { counts } = listing;
  const word = (state: StateFilter) => text(state === "all" ? "devices.all" : `state.${state}`);
  return (
    <search class="filters">
      <label class="filters__search">
        <Search size={16} aria-hidden="true" />
        <span class="visually-hidden">{text("devices.search")}</span>
        <input
          class="input"
          type="search"
          placeholder={text("devices.search")}
          value={query.q}
          data-page-filter
          onInput={(event) => onChange({ ...query, q: event.currentTarget.value })}
        />
      </label>
      <Segmented
        label={text("devices.state")}
        options={STATES.map((state) => [state, `${word(state)} ${numbers.value.format(counts[state], 0)}`] as const)}
        value={query.state}
        onChange={(state) => onChange({ ...query, state })}
      />
      <Segmented
        label={text("devices.sort")}
        options={SORTS.map((sort) => [sort, text(`devices.sort_${sort}`)] as const)}
        value={query.sort}
        onChange={(sort) => onChange({ ...query, sort })}
      />
      <span class="filters__moved" role="status">
        {listing.moved > 0 && (
          <>
            {text("devices.held", { n: listing.moved })}{" "}
            <button type="button" class="button button--link" onClick={listing.sortAgain}>
              {text("devices.sort_again")}
            </button>
          </>
        )}
      </span>
    </search>
  );
}
