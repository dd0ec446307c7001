/** The clipboard, also where TensorBoard is opened by http on another machine (no clipboard API there). */

export async function copyText(text: string): Promise<void> {
  if (navigator.clipboard && globalThis.isSecureContext) return navigator.clipboard.writeText(text);
  const area = document.createElement("textarea");
  area.value = text;
  area.style.position = "fixed";
  area.style.opacity = "0";
  document.body.append(area);
  area.select();
  const done = document.execCommand("copy");
  area.remove();
  if (!done) throw new Error("the browser refused the clipboard");
}

/** Copy a picture; where the clipboard takes none it is saved as a file. Says which. */
export async function copyPicture(canvas: HTMLCanvasElement, fileName: string): Promise<"copied" | "saved"> {
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, "image/png"));
  if (!blob) throw new Error("the picture is too large for the browser");
  try {
    await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
    return "copied";
  } catch {
    const link = document.createElement("a");
    link.href = canvas.toDataURL("image/png");
    link.download = fileName;
    link.click();
    return "saved";
  }
}
