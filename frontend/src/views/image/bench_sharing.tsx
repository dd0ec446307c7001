/** Link, Python and picture of the chosen map; no link leads to an own picture, which only this page knows. */

import type { RefObject } from "preact";
import { canvasOf, context2d, drawScaled } from "../../draw/canvas";
import type { Pictures } from "../../draw/pictures";
import { benchPicture } from "../../state/bench_pictures";
import { linkOf } from "../../state/host";
import type { Store } from "../../state/store";
import { CopyLink, CopyPicture, CopyPython } from "../../ui/copy_button";
import type { Pixels } from "../../ui/pixel_canvas";
import { shownMap } from "./heatmap_of";

/** What the chosen map gives away. */
export interface Shared {
  pictures: Pictures | null;
  signed: boolean;
  base: Pixels | null;
  caption: string;
  /** The lines that load it. */
  python: () => Promise<string>;
}

interface Props {
  store: Store;
  shared: RefObject<Shared | null>;
}

export function BenchSharing({ store, shared }: Props) {
  const python = async () => {
    if (!shared.current) throw new Error("Nothing shown yet");
    return shared.current.python();
  };
  return (
    <>
      {benchPicture.value === null && <CopyLink link={() => linkOf(store)} />}
      <CopyPython python={python} />
      <CopyPicture
        picture={() => drawn(store, shared.current)}
        caption={() => shared.current?.caption ?? ""}
      />
    </>
  );
}

/** The overlay at the map's own size, at least 512 px, for the clipboard. */
function drawn(store: Store, shared: Shared | null): HTMLCanvasElement | null {
  if (!shared?.pictures) return null;
  const { base } = shared;
  const map = shownMap(store, shared.pictures, shared.signed, base ? store.opacity.peek() : 1);
  const scale = Math.max(1, Math.ceil(512 / Math.max(map.width, map.height)));
  const paper = document.createElement("canvas");
  paper.width = map.width * scale;
  paper.height = map.height * scale;
  for (const layer of base ? [base, map] : [map]) {
    const from = { x: 0, y: 0, width: layer.width, height: layer.height };
    const to = { x: 0, y: 0, width: paper.width, height: paper.height };
    drawScaled(context2d(paper), canvasOf(layer.pixels, layer.width, layer.height), from, to);
  }
  return paper;
}
