/** Text inside a PNG file: where a picture comes from travels with it. */

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const KEYWORD_BYTES = 79;

/**
 * Put texts into a PNG, each as an iTXt chunk (UTF-8, not deflated) before the pixels.
 *
 * @param png a whole PNG file.
 * @param texts by keyword, 1 to 79 ASCII letters: "Title", "Description", "Software", …
 * @throws RangeError when it is no PNG, or a keyword cannot be one.
 */
export function withTexts(png: Uint8Array, texts: Readonly<Record<string, string>>): Uint8Array<ArrayBuffer> {
  const begin = endOfHeader(png);
  const chunks = Object.entries(texts).map(([keyword, text]) => textChunk(keyword, text));
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  const file = new Uint8Array(png.length + length);
  file.set(png.subarray(0, begin));
  let at = begin;
  for (const chunk of chunks) {
    file.set(chunk, at);
    at += chunk.length;
  }
  file.set(png.subarray(begin), at);
  return file;
}

/** Where the chunks after IHDR begin. */
function endOfHeader(png: Uint8Array): number {
  if (SIGNATURE.some((byte, at) => png[at] !== byte)) throw new RangeError("the file is no PNG");
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  const end = SIGNATURE.length + 12 + view.getUint32(SIGNATURE.length);
  if (end > png.length) throw new RangeError("the PNG ends within its header");
  return end;
}

function textChunk(keyword: string, text: string): Uint8Array {
  const name = new TextEncoder().encode(keyword);
  if (name.length === 0 || name.length > KEYWORD_BYTES || !/^[ -~]+$/.test(keyword))
    throw new RangeError(`${keyword} cannot name a text of a PNG`);
  const body = new TextEncoder().encode(text);
  // keyword, 0; not compressed, method 0; no language, 0; no translated keyword, 0; text
  const data = new Uint8Array(name.length + 5 + body.length);
  data.set(name);
  data.set(body, name.length + 5);
  return chunk("iTXt", data);
}

/** Length, type, data, checksum of type and data. */
function chunk(type: string, data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(data.length + 12);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, data.length);
  bytes.set(new TextEncoder().encode(type), 4);
  bytes.set(data, 8);
  view.setUint32(data.length + 8, checksum(bytes.subarray(4, data.length + 8)));
  return bytes;
}

/** CRC-32 as PNG takes it. */
export function checksum(bytes: Uint8Array): number {
  let sum = 0xffffffff;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit++) sum = (sum >>> 1) ^ (sum & 1 ? 0xedb88320 : 0);
  }
  return (sum ^ 0xffffffff) >>> 0;
}
