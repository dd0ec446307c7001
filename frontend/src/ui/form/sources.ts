/** What the pickers of a form choose from, and what every control of a form is given. */

import type { Pixels } from "../pixel_canvas";
import type { Schema } from "./schema";

export interface LayerSource {
  name: string;
  /** Kind and shape. */
  note: string;
  /** Channels, or units where it has no maps; null where that is not known. */
  channels: number | null;
}

export interface ExampleSource {
  title: string;
  pixels: Pixels | null;
  /** Of a picture that is no example, in the place of pixels. */
  url?: string;
}

/** A network that an ended job has trained. */
export interface NetworkSource {
  /** What the parameter holds: the job's id. */
  name: string;
  /** decoder, style. */
  kind: string;
  title: string;
  /** How far it was trained, and with which loss. */
  note: string;
  /** Of a small picture; null where it made none. */
  url: string | null;
  /** Of a network of styles: those, in the order in which they are mixed. */
  styles: readonly ExampleSource[];
}

/** A method whose jobs leave a network. */
export interface MakerSource {
  /** Of the networks. */
  kind: string;
  title: string;
  /** Open its form. */
  open: () => void;
}

export interface Sources {
  /** In forward order. */
  layers: readonly LayerSource[];
  /** Names by class index; numbers where they have none; empty where even their count is not known. */
  classes: readonly string[];
  /** Names of those methods that give a map over each example. */
  methods: readonly string[];
  examples: readonly ExampleSource[];
  /** Of this run, the newest first. */
  networks: readonly NetworkSource[];
  makers: readonly MakerSource[];
  /** The form's pictures whose styles are mixed, in their order. */
  styles: readonly ExampleSource[];
}

export interface ControlProps {
  id: string;
  /** Said by screen readers where no label points at the control. */
  label: string;
  schema: Schema;
  value: unknown;
  onChange: (value: unknown) => void;
  sources: Sources;
  /** The object that the value is part of: a channel picker looks for its layer there. */
  siblings: Record<string, unknown>;
  invalid: boolean;
  /** Ids of what describes it. */
  describedBy: string;
}

/** The layer that stands beside a channel. */
export function layerBeside(props: ControlProps): LayerSource | undefined {
  return props.sources.layers.find((layer) => layer.name === props.siblings.layer);
}

/** What a control says of itself to screen readers. */
export function said({ id, invalid, describedBy }: ControlProps) {
  return { id, "aria-invalid": invalid, "aria-describedby": describedBy };
}
