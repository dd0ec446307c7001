import { expect, test } from "vitest";
import { decodeSafetensors } from "./safetensors";

/** A file as the format describes it; `pad` shifts the data to addresses no typed array could view. */
function container(header: Record<string, unknown>, data: number[], pad = 0): ArrayBuffer {
  const text = new TextEncoder().encode(JSON.stringify(header) + " ".repeat(pad));
  const buffer = new ArrayBuffer(8 + text.length + data.length);
  new DataView(buffer).setBigUint64(0, BigInt(text.length), true);
  new Uint8Array(buffer, 8).set(text);
  new Uint8Array(buffer, 8 + text.length).set(data);
  return buffer;
}

const bytes = (array: ArrayBufferView): number[] => [
  ...new Uint8Array(array.buffer, array.byteOffset, array.byteLength),
];

test("tensors and metadata come out as they went in, whatever the alignment", () => {
  const floats = new Float32Array([1.5, -2, Number.NaN]);
  for (let pad = 0; pad < 8; pad++) {
    const header = {
      __metadata__: { json: '{"step":7}' },
      codes: { dtype: "U8", shape: [2], data_offsets: [0, 2] },
      low: { dtype: "F32", shape: [3], data_offsets: [2, 14] },
    };
    const {
      metadata,
      tensors,
      bytes: held,
    } = decodeSafetensors(container(header, [3, 255, ...bytes(floats)], pad));
    expect(metadata).toEqual({ step: 7 });
    expect(tensors.codes?.data).toEqual(new Uint8Array([3, 255]));
    expect(tensors.low?.data).toEqual(floats);
    expect(held).toBe(14);
  }
});

test("half floats and 64-bit integers are read exactly", () => {
  const half = new Uint16Array([0x3c00, 0xc000, 0x0001, 0x7c00, 0x7e00, 0x3555]);
  const long = new BigInt64Array([-3n, 4_294_967_296n]);
  const header = {
    half: { dtype: "F16", shape: [6], data_offsets: [0, 12] },
    long: { dtype: "I64", shape: [2], data_offsets: [12, 28] },
  };
  const { tensors } = decodeSafetensors(container(header, [...bytes(half), ...bytes(long)]));
  const values = [...(tensors.half?.data ?? [])];
  expect(values.slice(0, 5)).toEqual([1, -2, 2 ** -24, Number.POSITIVE_INFINITY, Number.NaN]);
  expect(values[5]).toBeCloseTo(1 / 3, 3);
  expect([...(tensors.long?.data ?? [])]).toEqual([-3, 4_294_967_296]);
});

test("what does not fit is refused with its name", () => {
  const cut = { map: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] } };
  expect(() => decodeSafetensors(container(cut, [0, 0, 0, 0]))).toThrow(/map of shape 2×2/);
  const odd = { map: { dtype: "F8", shape: [1], data_offsets: [0, 1] } };
  expect(() => decodeSafetensors(container(odd, [0]))).toThrow(/F8/);
  expect(() => decodeSafetensors(new ArrayBuffer(3))).toThrow(/too short/);
  expect(() => decodeSafetensors(container({}, []).slice(0, 9))).toThrow(/ends after/);
});
