/** The views there are, each loaded when it is first opened. To add one: a folder, and a line here. */

import type { ComponentType } from "preact";
import type { Client } from "../api/client";
import type { Store, ViewName } from "../state/store";

export interface ViewProps {
  store: Store;
  client: Client;
}

/** What a view's module exports. */
export interface ViewModule {
  /** The centre column. */
  default: ComponentType<ViewProps>;
  /** The right column; without it the centre takes the room. */
  Inspector?: ComponentType<ViewProps>;
  /** The left column, in the place of the model's layers. */
  Side?: ComponentType<ViewProps>;
  /** Its own style sheet (`import styles from "./layer.css?inline"`). */
  styles?: string;
  /** Keys it answers to, beyond the frame's; shown in the help. */
  keys?: readonly KeyBinding[];
}

export interface KeyBinding {
  /** As in KeyboardEvent.key; "Shift+ArrowLeft" with a modifier. */
  key: string;
  /** What it does, for the help. */
  says: string;
  run: (props: ViewProps) => void;
}

export interface View {
  name: ViewName;
  title: string;
  /** After `g`: go there. */
  key: string;
  load: () => Promise<ViewModule>;
  /** Takes the whole room below the top row: no step strip, no tree. */
  alone?: boolean;
}

export const VIEWS: readonly View[] = [
  { name: "overview", title: "Overview", key: "o", load: () => import("./overview/overview") },
  { name: "layer", title: "Layer", key: "l", load: () => import("./layer/layer") },
  { name: "unit", title: "Unit", key: "u", load: () => import("./unit/unit") },
  { name: "image", title: "Image", key: "i", load: () => import("./image/image") },
  {
    name: "embedding",
    title: "Embedding",
    key: "e",
    load: () => import("./embedding/embedding"),
  },
  { name: "jobs", title: "Jobs", key: "j", load: () => import("./jobs/jobs"), alone: true },
  { name: "compare", title: "Compare", key: "c", load: () => import("./compare/compare") },
];
