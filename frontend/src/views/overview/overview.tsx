/** Landing page: what was logged, one row per layer, and what is wrong. */

import type { ViewProps } from "../view";

export default function Overview({ store }: ViewProps) {
  return <p>{store.a.run.value}</p>;
}
