/** Pictures in their true colours: one as large as fits in whole pixels, several on a grid that opens one. */

import { useMemo } from "preact/hooks";
import { LABEL } from "../../draw/grid_layout";
import { valueText } from "../../draw/number_text";
import { trueAtlas, truePixels } from "../../draw/true_colours";
import { PictureGrid } from "../../ui/picture_grid";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { type Box, commonStart, fitGrid, fitWhole } from "./fit";
import { columnsOf } from "./record";
import type { Gallery } from "./use_result";

interface Props {
  gallery: Gallery;
  /** The one enlarged; null for all. */
  enlarged: number | null;
  onEnlarge: (index: number | null) => void;
  selected: number | null;
  onSelect: (index: number) => void;
  room: Box;
  theme: string;
}

export function GalleryView(props: Props) {
  const { gallery, enlarged, room } = props;
  const one = gallery.count === 1 ? 0 : enlarged;
  if (one === null) return <Sheet {...props} />;
  return <One gallery={gallery} index={Math.min(one, gallery.count - 1)} room={room} />;
}

function One({ gallery, index, room }: { gallery: Gallery; index: number; room: Box }) {
  const pixels = useMemo(() => truePixels(gallery, index), [gallery, index]);
  const { width, height } = gallery;
  const label = gallery.captions[index] || "the picture";
  return <PixelCanvas {...{ pixels, width, height, label }} size={fitWhole(gallery, room)} />;
}

function Sheet({ gallery, room, selected, onSelect, onEnlarge, theme }: Props) {
  const order = useMemo(() => Array.from({ length: gallery.count }, (_, index) => index), [gallery.count]);
  const common = useMemo(() => commonStart(gallery.captions), [gallery]);
  return (
    <PictureGrid
      label={`${gallery.count} pictures${common && ` of ${common.trim()}`}`}
      order={order}
      picture={gallery}
      atlas={(some, columns) => trueAtlas(gallery, some, columns)}
      text={(index) => ({
        left: gallery.captions[index]?.slice(common.length) || String(index),
        right: isStuck(gallery, index) ? "no gradient" : objectiveText(gallery, index),
        tone: isStuck(gallery, index) ? "warn" : "plain",
      })}
      says={(index) => gallery.captions[index] ?? String(index)}
      selected={selected}
      onSelect={onSelect}
      onOpen={onEnlarge}
      onPoint={() => undefined}
      version={gallery}
      theme={theme}
      dim={false}
      {...gridOf(gallery, room)}
    />
  );
}

/** Of a grid: its limits, CSS pixels; pictures below the smallest are scrolled instead. */
const RULES = { gap: 4, label: LABEL, largest: 280 };
const SMALLEST = 56;

/** Columns as the method says, where it does, else those at which all pictures are largest. */
function gridOf(gallery: Gallery, room: Box): { columns?: number; largest: number } {
  const said = columnsOf(gallery.records[0]);
  if (said) return { columns: said, largest: RULES.largest };
  // The grid keeps a little room around itself for the ring of the selected picture.
  const inner = { width: room.width - 6, height: room.height - 6 };
  const { columns, width } = fitGrid(gallery.count, gallery, inner, RULES);
  return width < SMALLEST ? { largest: 2 * SMALLEST } : { columns, largest: width };
}

/** Number of a picture within its own record. */
function placeIn(gallery: Gallery, index: number): number {
  return index - gallery.records.indexOf(gallery.records[index] as Gallery["records"][number]);
}

/** What was climbed, as it stands at the end; "" where nothing was. */
export function objectiveText(gallery: Gallery, index: number): string {
  const record = gallery.records[index];
  const values = record?.facts.objective;
  // Some methods tell one value an example and make several pictures of it.
  const isEach =
    Array.isArray(values) && values.length === gallery.records.filter((one) => one === record).length;
  const value = isEach ? values[placeIn(gallery, index)] : undefined;
  const text = typeof value === "number" ? valueText(value) : "";
  return gallery.captions[index]?.includes(text) ? "" : text;
}

/** True where the network gave nothing to climb by. */
export function isStuck(gallery: Gallery, index: number): boolean {
  const stuck = gallery.records[index]?.facts.no_gradient;
  return Array.isArray(stuck) && stuck.includes(placeIn(gallery, index));
}
