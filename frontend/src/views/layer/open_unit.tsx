/** The way from a channel to the page of its own. */

import { openUnit, type Store } from "../../state/store";
import type { LayerLook } from "./use_layer";

interface Props {
  store: Store;
  look: Pick<LayerLook, "name">;
  channel: number;
}

export function OpenUnit({ store, look, channel }: Props) {
  return (
    <button
      type="button"
      class="btn q open-unit"
      title="patches, classes, history and neighbours of this unit"
      onClick={() => openUnit(store, look.name, channel)}
    >
      Unit <kbd>↵</kbd>
    </button>
  );
}
