/** The search box of the top row, a combobox. */

import { useSignal } from "@preact/signals";
import type { Client } from "../api/client";
import type { RunIndex } from "../api/types";
import { useAnswer } from "../api/use_answer";
import { findHits, type Hit } from "../state/search";
import type { Store } from "../state/store";
import { VIEWS } from "../views/view";

export const SEARCH_ID = "cnnviz-search";

export function Search({ store, client }: { store: Store; client: Client }) {
  const query = useSignal("");
  const cursor = useSignal(0);
  const isOpen = useSignal(false);
  const index = store.a.index.value;
  const isWanted = isOpen.value && query.value !== "";
  const name = index && isWanted ? datasetOf(index) : null;
  // Its file names are fetched only once something is looked for.
  const dataset = useAnswer(
    index && name ? client.layouts.dataset(index.name, name) : null,
    `${index?.name}|${name}`,
  ).value;
  const hits = index && isOpen.value ? findHits(index, VIEWS, query.value, store.jobs.value, dataset) : [];
  const choose = (hit: Hit | undefined): void => {
    if (!hit) return;
    hit.go(store);
    query.value = "";
    isOpen.value = false;
    (document.activeElement as HTMLElement | null)?.blur();
  };
  const onKey = (event: KeyboardEvent): void => {
    const last = hits.length - 1;
    if (event.key === "ArrowDown") cursor.value = Math.min(cursor.value + 1, last);
    else if (event.key === "ArrowUp") cursor.value = Math.max(cursor.value - 1, 0);
    else if (event.key === "Enter") choose(hits[cursor.value]);
    else if (event.key === "Escape") {
      query.value = "";
      (event.currentTarget as HTMLElement).blur();
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="search">
      <input
        id={SEARCH_ID}
        type="text"
        role="combobox"
        aria-label="Search layers, units, classes, images and jobs"
        aria-expanded={hits.length > 0}
        aria-controls="cnnviz-hits"
        aria-activedescendant={hits.length ? `hit-${cursor.value}` : undefined}
        aria-autocomplete="list"
        autocomplete="off"
        spellcheck={false}
        placeholder="layer, unit, class, image, job"
        value={query.value}
        onInput={(event) => {
          query.value = event.currentTarget.value;
          cursor.value = 0;
          isOpen.value = true;
        }}
        onFocus={() => {
          isOpen.value = true;
        }}
        onBlur={() => {
          isOpen.value = false;
        }}
        onKeyDown={onKey}
      />
      <kbd>/</kbd>
      <Hits hits={hits} cursor={cursor.value} choose={choose} />
    </div>
  );
}

/** The data set that an embedding lays out: images of it can be gone to. */
function datasetOf(index: RunIndex): string | null {
  const found = index.series.find((one) => one.kind === "embedding")?.facts.dataset;
  return typeof found === "string" ? found : null;
}

interface HitsProps {
  hits: readonly Hit[];
  cursor: number;
  choose: (hit: Hit) => void;
}

function Hits({ hits, cursor, choose }: HitsProps) {
  return (
    <div class="hits" id="cnnviz-hits" role="listbox" aria-label="Found" hidden={hits.length === 0}>
      {hits.map((hit, i) => (
        // biome-ignore lint/a11y/useKeyWithClickEvents: the input has the keys
        // biome-ignore lint/a11y/useFocusableInteractive: aria-activedescendant of the input
        <div
          key={`${i} ${hit.kind} ${hit.text}`}
          id={`hit-${i}`}
          class="hit"
          role="option"
          aria-selected={i === cursor}
          onPointerDown={(event) => event.preventDefault()}
          onClick={() => choose(hit)}
        >
          <span class="clip">{hit.text}</span>
          <span class="cap nowrap">{hit.note}</span>
        </div>
      ))}
    </div>
  );
}
