import { afterEach, expect, test, vi } from "vitest";
import { ApiError, Client } from "./client";

const BASE = "http://host/prefix/data/plugin/cnnviz/";
const ADDRESS = { run: "a/b", step: 3, key: "activations/relu", digest: "d", array: "activations", image: 1 };

/** An answer of `maps`: one channel of one pixel. */
function mapsAnswer(): Response {
  const header = JSON.stringify({
    __metadata__: { json: '{"step":3}' },
    codes: { dtype: "U8", shape: [1, 1, 1], data_offsets: [0, 1] },
  });
  const body = new Uint8Array(8 + header.length + 1);
  new DataView(body.buffer).setBigUint64(0, BigInt(header.length), true);
  body.set(new TextEncoder().encode(header), 8);
  return new Response(body);
}

function serve(answer: (url: string, init?: RequestInit) => Promise<Response>) {
  const fetch = vi.fn(answer);
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

afterEach(() => vi.unstubAllGlobals());

test("addresses are relative to the page's base, so that a path prefix is kept", () => {
  const { address } = new Client(BASE).maps(ADDRESS);
  const query = "run=a%2Fb&step=3&key=activations%2Frelu&digest=d&array=activations&image=1";
  expect(address).toBe(`${BASE}maps?${query}`);
});

test("two panels that want the same share one fetch, and a third one finds it", async () => {
  const fetch = serve(async () => mapsAnswer());
  const client = new Client(BASE);
  const [one, two] = await Promise.all([client.maps(ADDRESS).load(), client.maps(ADDRESS).load()]);
  expect(one).toBe(two);
  expect(client.maps(ADDRESS).peek()).toBe(one);
  expect(one.facts.step).toBe(3);
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("a fetch is aborted only when the last one who waits gives up", async () => {
  let signal: AbortSignal | undefined;
  serve((_url, init) => {
    signal = init?.signal as AbortSignal;
    return new Promise(() => undefined);
  });
  const client = new Client(BASE);
  const [first, second] = [new AbortController(), new AbortController()];
  const waits = [first, second].map((one) => client.maps(ADDRESS).load({ signal: one.signal }));
  first.abort(new Error("moved on"));
  await expect(waits[0]).rejects.toThrow("moved on");
  expect(signal?.aborted).toBe(false);
  second.abort(new Error("moved on"));
  await expect(waits[1]).rejects.toThrow("moved on");
  expect(signal?.aborted).toBe(true);
});

test("a refusal carries the server's own sentence", async () => {
  const body = { error: { kind: "record", message: "step 3 is damaged", field: "step" } };
  serve(async () => new Response(JSON.stringify(body), { status: 422 }));
  const asked = new Client(BASE).maps(ADDRESS).load();
  await expect(asked).rejects.toMatchObject({ message: "step 3 is damaged", kind: "record", status: 422 });
});

test("no answer at all is a passing network error; what is not JSON says its status", async () => {
  serve(async () => {
    throw new TypeError("Failed to fetch");
  });
  const silent = await new Client(BASE).runs().catch((error: unknown) => error as ApiError);
  expect(silent).toBeInstanceOf(ApiError);
  expect(silent).toMatchObject({ kind: "network", passing: true });
  serve(async () => new Response("<html>", { status: 403, statusText: "Forbidden" }));
  await expect(new Client(BASE).runs()).rejects.toThrow("403 Forbidden");
});
