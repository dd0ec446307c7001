import { beforeEach, expect, test } from "vitest";
import { isOurs, Link, parseHash } from "./link";
import { Store } from "./store";

let store: Store;
let link: Link;

beforeEach(() => {
  store = new Store();
  link = new Link(store);
});

test("what is looked at comes back from its link", () => {
  store.view.value = "layer";
  store.a.run.value = "runs/ä & b=1";
  store.a.step.value = 0;
  store.layer.value = "layer1.0.relu:1";
  store.channel.value = 5;
  store.gamma.value = 0.7;
  const hash = link.write("#cnnviz");
  const other = new Store();
  new Link(other).read(hash);
  expect(other.view.value).toBe("layer");
  expect(other.a.run.value).toBe("runs/ä & b=1");
  expect(other.a.step.value).toBe(0);
  expect(other.layer.value).toBe("layer1.0.relu:1");
  expect([other.channel.value, other.gamma.value]).toEqual([5, 0.7]);
});

test("defaults are left out, unknown keys and other plugins' keys stay", () => {
  expect(link.write("#cnnviz")).toBe("#cnnviz");
  store.a.step.value = 4;
  const hash = link.write("#cnnviz&p.cnnviz.new=1&p.other.x=2&p.cnnviz.stepA=9&runSelectionState=e30");
  expect(hash).toBe("#cnnviz&p.cnnviz.new=1&p.other.x=2&runSelectionState=e30&p.cnnviz.stepA=4");
});

test("a key that is gone takes its default, a malformed one as well", () => {
  store.a.step.value = 4;
  store.cmap.value = "magma";
  link.read("#cnnviz&p.cnnviz.stepA=4x&p.cnnviz.cmap=jet&p.cnnviz.opacity=7&p.cnnviz.view=gone");
  expect(store.a.step.value).toBeNull();
  expect([store.cmap.value, store.opacity.value, store.view.value]).toEqual(["viridis", 0.7, "overview"]);
});

test("bad percent signs do not break the page", () => {
  expect(parseHash("#cnnviz&p.cnnviz.layer=100%").get("layer")).toBe("100%");
});

test("views and layers are steps of the history, scrubbing is not", () => {
  expect(Link.isMove("#cnnviz", "#cnnviz&p.cnnviz.view=layer")).toBe(true);
  expect(Link.isMove("#cnnviz&p.cnnviz.layer=a", "#cnnviz&p.cnnviz.layer=b")).toBe(true);
  expect(Link.isMove("#cnnviz", "#cnnviz&p.cnnviz.stepA=3")).toBe(false);
});

test("each unit page is a step of the history, a channel of the layer view is not", () => {
  const at = (view: string, channel: number) => `#cnnviz&p.cnnviz.view=${view}&p.cnnviz.ch=${channel}`;
  expect(Link.isMove(at("unit", 1), at("unit", 2))).toBe(true);
  expect(Link.isMove(at("layer", 1), at("layer", 2))).toBe(false);
});

test("only our own tab's address is ours", () => {
  expect([isOurs("#cnnviz&p.x=1"), isOurs("#scalars"), isOurs("")]).toEqual([true, false, false]);
});
