/** Saves a canvas as a PNG file that says where its picture comes from. */

import { withTexts } from "../draw/png_text";

/** A file name from a caption: letters, digits, dots and dashes. */
export function fileName(caption: string): string {
  const plain = caption.replaceAll(/[^\w.-]+/g, "_").replaceAll(/^_+|_+$/g, "");
  return `${plain.slice(0, 120) || "picture"}.png`;
}

/** @param texts by keyword, put into the file. */
export async function savePicture(
  canvas: HTMLCanvasElement,
  name: string,
  texts: Readonly<Record<string, string>>,
): Promise<void> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("the picture is too large for the browser");
  const bytes = withTexts(new Uint8Array(await blob.arrayBuffer()), texts);
  const address = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  // The browser reads the address after the click has been dealt with.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
