/** Bytes as base64, for pictures in a request. */

const CHUNK = 0x8000;

export function toBase64(bytes: Uint8Array): string {
  let text = "";
  // String.fromCharCode takes its characters as arguments, of which there may not be too many.
  for (let at = 0; at < bytes.length; at += CHUNK)
    text += String.fromCharCode(...bytes.subarray(at, at + CHUNK));
  return btoa(text);
}
