/** Entry: TensorBoard imports this module and calls `render()`. */

import { render as renderInto } from "preact";
import { Client } from "../api/client";
import { bindAwake, bindLink, bindTheme } from "../state/host";
import { JobsKeeper } from "../state/jobs";
import { Live } from "../state/live";
import { Store } from "../state/store";
import uiCss from "../ui/ui.css?inline";
import { Frame } from "./frame";
import { addStyle } from "./style";
import css from "./style.css?inline";
import { loadView, viewOf } from "./view_slot";

export function render(): void {
  document.documentElement.lang = "en";
  document.title = "CNN Viz";
  addStyle(css);
  addStyle(uiCss);
  const store = new Store();
  const client = new Client();
  const live = new Live(store, client);
  bindTheme(store);
  bindLink(store);
  // The view's code is fetched while the server answers for the first time.
  void loadView(viewOf(store.view.value));
  live.start();
  new JobsKeeper(store, client).start();
  const root = document.createElement("div");
  document.body.append(root);
  renderInto(<Frame store={store} client={client} live={live} />, root);
  bindAwake(store, root);
}
