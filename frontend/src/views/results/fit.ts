/** Sizes of pictures on the page. */

export interface Box {
  width: number;
  height: number;
}

/** The largest size of a picture that fits: whole multiples of its pixels, or smaller than it is where it must be. */
export function fitWhole(picture: Box, room: Box): Box {
  const scale = Math.min(room.width / Math.max(picture.width, 1), room.height / Math.max(picture.height, 1));
  const whole = scale >= 1 ? Math.floor(scale) : Math.max(scale, 0);
  return { width: Math.round(picture.width * whole), height: Math.round(picture.height * whole) };
}

/** What all captions begin with, up to the last space of it; pictures of one layer need not repeat its name. */
export function commonStart(captions: readonly string[]): string {
  const [first = ""] = captions;
  let length = captions.length > 1 ? first.length : 0;
  for (const caption of captions) while (length > 0 && !caption.startsWith(first.slice(0, length))) length--;
  return first.slice(0, first.lastIndexOf(" ", length - 1) + 1);
}

/** Columns and width at which `count` pictures of one shape, each with a line of text, are largest in a room. */
export function fitGrid(
  count: number,
  picture: Box,
  room: Box,
  { gap, label, largest }: { gap: number; label: number; largest: number },
): { columns: number; width: number } {
  const aspect = picture.height / Math.max(picture.width, 1);
  let best = { columns: 1, width: 0 };
  for (let columns = 1; columns <= count; columns++) {
    const rows = Math.ceil(count / columns);
    const across = (room.width + gap) / columns - gap;
    const down = ((room.height + gap) / rows - gap - label) / aspect;
    const width = Math.floor(Math.min(across, down, largest));
    if (width > best.width) best = { columns, width };
  }
  return best;
}
