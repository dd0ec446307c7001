/** Reader of the safetensors container: header length, JSON header, raw little-endian bytes. */

import type { Tensor, Tensors, TypedArray } from "./types";

type Reader = (buffer: ArrayBuffer, offset: number, count: number) => TypedArray;

/** A view where the alignment allows it, else a copy. */
function reader<T extends TypedArray>(type: {
  new (buffer: ArrayBuffer, offset?: number, length?: number): T;
  BYTES_PER_ELEMENT: number;
}): Reader {
  const size = type.BYTES_PER_ELEMENT;
  return (buffer, offset, count) =>
    offset % size === 0
      ? new type(buffer, offset, count)
      : new type(buffer.slice(offset, offset + count * size), 0, count);
}

const READERS: Record<string, { size: number; read: Reader }> = {
  U8: { size: 1, read: reader(Uint8Array) },
  BOOL: { size: 1, read: reader(Uint8Array) },
  I8: { size: 1, read: reader(Int8Array) },
  U16: { size: 2, read: reader(Uint16Array) },
  I16: { size: 2, read: reader(Int16Array) },
  F16: { size: 2, read: readHalf },
  U32: { size: 4, read: reader(Uint32Array) },
  I32: { size: 4, read: reader(Int32Array) },
  F32: { size: 4, read: reader(Float32Array) },
  I64: { size: 8, read: readLong },
  F64: { size: 8, read: reader(Float64Array) },
};

function readHalf(buffer: ArrayBuffer, offset: number, count: number): Float32Array {
  const bits = reader(Uint16Array)(buffer, offset, count);
  return Float32Array.from(bits, halfToFloat);
}

/** 64-bit integers as doubles: exact up to 2⁵³, and steps and classes stay far below. */
function readLong(buffer: ArrayBuffer, offset: number, count: number): Float64Array {
  const view = new DataView(buffer, offset, count * 8);
  return Float64Array.from({ length: count }, (_, i) => Number(view.getBigInt64(i * 8, true)));
}

function halfToFloat(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

interface Header {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

/** Decode an answer; throws a RangeError that says what does not fit. */
export function decodeSafetensors(buffer: ArrayBuffer): Tensors {
  if (buffer.byteLength < 8) throw new RangeError(`answer of ${buffer.byteLength} bytes is too short`);
  const length = Number(new DataView(buffer).getBigUint64(0, true));
  if (length > buffer.byteLength - 8) throw new RangeError(`header of ${length} bytes ends after the answer`);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 8, length))) as Record<
    string,
    unknown
  >;
  const tensors: Record<string, Tensor> = {};
  let bytes = 0;
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const tensor = decodeTensor(name, entry as Header, buffer, 8 + length);
    tensors[name] = tensor;
    bytes += tensor.data.byteLength;
  }
  const text = (header.__metadata__ as { json?: string } | undefined)?.json;
  return { metadata: text ? (JSON.parse(text) as Record<string, unknown>) : {}, tensors, bytes };
}

function decodeTensor(name: string, entry: Header, buffer: ArrayBuffer, start: number): Tensor {
  const { dtype, shape, data_offsets } = entry;
  const kind = READERS[dtype];
  if (!kind) throw new RangeError(`tensor ${name} has type ${dtype}, which the page does not read`);
  const count = shape.reduce((product, n) => product * n, 1);
  const [from, to] = data_offsets;
  if (to - from !== count * kind.size || start + to > buffer.byteLength)
    throw new RangeError(`tensor ${name} of shape ${shape.join("×")} does not fit its ${to - from} bytes`);
  return { dtype, shape, data: kind.read(buffer, start + from, count) };
}
