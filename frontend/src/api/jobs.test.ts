import { afterEach, expect, test, vi } from "vitest";
import { Client } from "./client";

const BASE = "http://host/prefix/data/plugin/cnnviz/";

function serve(...answers: { status?: number; body: unknown }[]) {
  const fetch = vi.fn(async (_url: string, _init?: RequestInit) => {
    const { status = 200, body } = answers.shift() ?? { status: 500, body: {} };
    return new Response(JSON.stringify(body), { status });
  });
  vi.stubGlobal("fetch", fetch);
  return fetch;
}

afterEach(() => vi.unstubAllGlobals());

const session = (token: string | null, reason = "") => ({ body: { token, jobs: token !== null, reason } });
const refused = { status: 403, body: { error: { kind: "RefusedError", message: "wrong token" } } };

test("a request carries the session's token, which is asked for once", async () => {
  const fetch = serve(session("t1"), { body: { existing: false } }, { body: {} });
  const { jobs } = new Client(BASE);
  await jobs.submit({ run: "r", method: "dream", params: { layer: "a" } });
  await jobs.move("x", null);
  expect(fetch.mock.calls.map(([url]) => url.slice(BASE.length))).toEqual(["session", "jobs", "jobs/x/move"]);
  const init = fetch.mock.calls[1]?.[1];
  expect(init?.method).toBe("POST");
  expect(init?.headers).toEqual({ "Content-Type": "application/json", "X-Cnnviz-Token": "t1" });
  expect(init?.body).toBe('{"run":"r","method":"dream","params":{"layer":"a"}}');
});

test("a server that was started again gets its own token, and only once", async () => {
  const fetch = serve(session("old"), refused, session("new"), { body: { existing: true } });
  const { jobs } = new Client(BASE);
  await jobs.session();
  expect(await jobs.submit({ run: "r", method: "dream" })).toEqual({ existing: true });
  expect(fetch.mock.calls.at(-1)?.[1]?.headers).toMatchObject({ "X-Cnnviz-Token": "new" });
  serve(refused, session("newer"), refused);
  await expect(jobs.cancel("x")).rejects.toThrow("wrong token");
});

test("jobs that are off are not asked for", async () => {
  const fetch = serve(session(null, "start TensorBoard with --cnnviz_jobs=on"));
  await expect(new Client(BASE).jobs.cancel("x")).rejects.toThrow("--cnnviz_jobs=on");
  expect(fetch).toHaveBeenCalledTimes(1);
});

test("pictures are addressed by their digest, relative to the page's base", () => {
  const { jobs } = new Client(BASE);
  expect(jobs.previewUrl("j1", "d2")).toBe(`${BASE}jobs/j1/preview?digest=d2`);
  expect(jobs.images("j1", { key: "inversion/conv1", digest: "d" }).address).toBe(
    `${BASE}jobs/j1/images?key=inversion%2Fconv1&digest=d`,
  );
});
