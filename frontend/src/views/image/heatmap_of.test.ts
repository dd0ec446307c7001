import { expect, test } from "vitest";
import { exactPictures } from "../../draw/pictures";
import { Store } from "../../state/store";
import { sigmaOf } from "./heatmap_of";

test("a large map is smoothed for the eye, a signed one only when a person asks for it", () => {
  const store = new Store();
  const map = exactPictures(new Float32Array(224 * 224), { count: 1, height: 224, width: 224 });
  expect(sigmaOf(store, map, false)).toBeGreaterThan(0);
  expect(sigmaOf(store, map, true)).toBe(0);
  store.smooth.value = 3;
  expect(sigmaOf(store, map, true)).toBe(3);
});
