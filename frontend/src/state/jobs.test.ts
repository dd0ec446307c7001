import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, type Client } from "../api/client";
import type { CatalogueAnswer, JobStatus, JobsAnswer, JobView, SessionAnswer } from "../api/types";
import { BUSY_MS, cancel, ensureCatalogue, HURRY_MS, IDLE_MS, JobsKeeper, remove, submit } from "./jobs";
import { Store } from "./store";

const ON = { token: "t", jobs: true, reason: "" } as SessionAnswer;

function job(id: string, state: JobStatus["state"]): JobView {
  const request = { id, method: "dream" } as JobView["request"];
  return { run: "r", request, status: { state } as JobStatus, in_cache: false, network: null };
}

function answer(rev: string, jobs: JobView[], order = jobs.map((one) => one.request.id)): JobsAnswer {
  return { rev, order, jobs };
}

const list = vi.fn<(since?: string) => Promise<JobsAnswer>>();
const session = vi.fn<() => Promise<SessionAnswer>>();
const catalogue = vi.fn<() => Promise<CatalogueAnswer>>();
const post = vi.fn<(what: unknown) => Promise<unknown>>();
const jobs = { list, session, catalogue, submit: post, cancel: post, remove: post };
const client = { jobs } as unknown as Client;
let store: Store;
let keeper: JobsKeeper;

beforeEach(() => {
  vi.useFakeTimers();
  for (const mock of [list, session, catalogue, post]) mock.mockReset();
  session.mockResolvedValue(ON);
  list.mockResolvedValue(answer("1", []));
  store = new Store();
  keeper = new JobsKeeper(store, client);
});

afterEach(() => {
  keeper.stop();
  vi.useRealTimers();
});

async function started(): Promise<void> {
  keeper.start();
  await vi.advanceTimersByTimeAsync(0);
}

test("the list is asked for by revision: quickly while something is under way, slowly else", async () => {
  list.mockResolvedValueOnce(answer("7", [job("a", "running")]));
  await started();
  expect([store.jobs.value.state, store.jobs.value.order]).toEqual(["live", ["a"]]);
  list.mockResolvedValueOnce(answer("8", [job("a", "done")]));
  await vi.advanceTimersByTimeAsync(BUSY_MS);
  expect(list.mock.calls.map(([since]) => since)).toEqual([undefined, "7"]);
  expect(store.jobs.value.byId.get("a")?.status.state).toBe("done");
  await vi.advanceTimersByTimeAsync(IDLE_MS - 1);
  expect(list).toHaveBeenCalledTimes(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(list).toHaveBeenCalledTimes(3);
});

test("an answer without news redraws nothing", async () => {
  list.mockResolvedValue(answer("1", [], ["a"]));
  list.mockResolvedValueOnce(answer("1", [job("a", "queued")]));
  await started();
  const before = store.jobs.value;
  await vi.advanceTimersByTimeAsync(BUSY_MS);
  expect(store.jobs.value).toBe(before);
});

test("a hidden page asks for nothing, and asks at once when it is seen again", async () => {
  await started();
  store.awake.value = false;
  await vi.advanceTimersByTimeAsync(10 * IDLE_MS);
  expect(list).toHaveBeenCalledTimes(1);
  store.awake.value = true;
  expect(list).toHaveBeenCalledTimes(2);
});

test("a server that does not answer is waited for, what was shown stays, and its new token is asked for", async () => {
  list.mockResolvedValueOnce(answer("1", [job("a", "running")]));
  list.mockRejectedValueOnce(new ApiError("TensorBoard does not answer", "network", 0));
  list.mockResolvedValue(answer("2", [job("a", "done")]));
  await started();
  await vi.advanceTimersByTimeAsync(BUSY_MS);
  expect([store.jobs.value.state, store.jobs.value.order]).toEqual(["reconnecting", ["a"]]);
  await vi.advanceTimersByTimeAsync(IDLE_MS);
  expect(store.jobs.value.state).toBe("live");
  expect(session).toHaveBeenCalledTimes(2);
  expect(list.mock.calls.at(-1)).toEqual([undefined]);
});

test("jobs that are off say why, and what is finished is listed all the same", async () => {
  session.mockResolvedValue({ ...ON, token: null, jobs: false, reason: "start with --cnnviz_jobs=on" });
  list.mockResolvedValueOnce(answer("1", [job("a", "done")]));
  await started();
  expect(store.jobs.value).toMatchObject({
    state: "off",
    order: ["a"],
    reason: "start with --cnnviz_jobs=on",
  });
});

test("a server without job routes is off, not away", async () => {
  session.mockRejectedValue(new ApiError("no route session", "MissingError", 404));
  await started();
  expect(store.jobs.value).toMatchObject({ state: "off", reason: "no route session" });
});

test("what a button did shows at once, and the list is asked for", async () => {
  await started();
  post.mockResolvedValueOnce({ job: job("new", "queued"), existing: false });
  // The poll under way answers late, with what was true before the cancellation.
  list.mockImplementation(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    return answer("2", [job("new", "queued")]);
  });
  const asked = await submit(store, client, { run: "r", method: "dream" });
  expect(asked.existing).toBe(false);
  expect(store.jobs.value.order).toEqual(["new"]);
  post.mockResolvedValueOnce({ job: job("new", "cancelled"), existing: true });
  await cancel(store, client, "new");
  list.mockResolvedValue(answer("3", [job("new", "cancelled")]));
  await vi.advanceTimersByTimeAsync(60);
  expect(store.jobs.value.byId.get("new")?.status.state).toBe("cancelled");
  store.job.value = "new";
  post.mockResolvedValueOnce({});
  list.mockResolvedValue(answer("4", []));
  await remove(store, client, "new");
  expect([store.jobs.value.order, store.job.value]).toEqual([[], null]);
});

test("just after a button was pressed the list is asked for more often, for a while", async () => {
  list.mockResolvedValue(answer("1", [job("new", "starting")]));
  await started();
  post.mockResolvedValueOnce({ job: job("new", "queued"), existing: false });
  await submit(store, client, { run: "r", method: "dream" });
  await vi.advanceTimersByTimeAsync(0);
  list.mockClear();
  await vi.advanceTimersByTimeAsync(1000);
  expect(list).toHaveBeenCalledTimes(1000 / HURRY_MS);
  await vi.advanceTimersByTimeAsync(2000);
  list.mockClear();
  await vi.advanceTimersByTimeAsync(1000);
  expect(list).toHaveBeenCalledTimes(1000 / BUSY_MS);
});

test("the catalogue is asked for until a worker has told it, once for however many want it", async () => {
  const loading: CatalogueAnswer = { state: "loading", reason: "", catalogue: null };
  catalogue.mockResolvedValueOnce(loading).mockResolvedValueOnce({ ...loading, state: "ready" });
  const both = Promise.all([ensureCatalogue(store, client), ensureCatalogue(store, client)]);
  await vi.advanceTimersByTimeAsync(1000);
  await both;
  expect(catalogue).toHaveBeenCalledTimes(2);
  expect(store.catalogue.value?.state).toBe("ready");
});
