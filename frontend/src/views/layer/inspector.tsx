/** Right column of the layer view: the selected channel or filter. */

import type { ViewProps } from "../view";
import { ChannelInspector } from "./channel_inspector";
import { FilterInspector } from "./filter_inspector";
import { PatchInspector } from "./patch_inspector";
import { useLayer } from "./use_layer";

export function Inspector({ store, client }: ViewProps) {
  const look = useLayer({ store, client });
  if (!look?.tab?.series || look.selected === null) return <p class="cap">nothing selected</p>;
  const props = { store, client, look, series: look.tab.series, channel: look.selected };
  if (look.tab.kind === "patches") return <PatchInspector {...props} />;
  return look.tab.kind === "kernels" ? <FilterInspector {...props} /> : <ChannelInspector {...props} />;
}
