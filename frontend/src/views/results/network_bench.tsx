/** A network of styles at work: choose a picture, mix the styles, and see it painted at once. */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView } from "../../api/types";
import { alike } from "../../draw/blend";
import { truePixels } from "../../draw/true_colours";
import { openJob } from "../../state/jobs";
import type { Store } from "../../state/store";
import { BlendPad, blendText } from "../../ui/blend_pad";
import type { Schema } from "../../ui/form/schema";
import type { ExampleSource } from "../../ui/form/sources";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { stylesOfNetwork, takersOf } from "../jobs/networks";
import { PictureShelf, readFiles, useShelfTab } from "../jobs/picture_shelf";
import { nameOf } from "../jobs/pictures_field";
import type { Picture } from "../jobs/roles";
import { useSources } from "../jobs/use_draft";
import { type Applied, Applier } from "./applied";
import { fitWhole } from "./fit";
import { isUnderWay, progressText } from "./job_text";
import { durationText } from "./provenance";

interface Props {
  client: Client;
  store: Store;
  job: JobView;
}

const SIDE = 256;
const PAD = 216;

/** Only of a finished training, and where a method here mixes what it has learnt. */
export function NetworkBench({ client, store, job }: Props) {
  const cards = store.catalogue.value?.catalogue?.methods ?? [];
  const { network } = job;
  const taker = network && takersOf(cards, network.kind).find(({ card }) => blendName(card.schema) !== null);
  if (!network || !taker || isUnderWay(job.status) || store.session.value?.jobs !== true) return null;
  if (job.run !== store.a.run.value) return null;
  const blend = blendName(taker.card.schema) as string;
  return (
    <Bench
      key={job.request.id}
      {...{ client, store, job, blend }}
      method={taker.card.name}
      network={taker.parameter}
    />
  );
}

function blendName(schema: Schema): string | null {
  const fields = Object.entries(schema.properties ?? {});
  return fields.find(([, field]) => field["x-widget"] === "blend")?.[0] ?? null;
}

interface BenchProps extends Props {
  method: string;
  /** Names of its parameters. */
  network: string;
  blend: string;
}

function Bench({ client, store, job, method, network, blend }: BenchProps) {
  const sources = useSources({ store, client });
  const styles = stylesOfNetwork({ store, client }, job, sources.examples);
  const [picture, choose] = useState<Picture | null>(null);
  const [shares, setShares] = useState<number[]>(() => alike(Math.max(1, styles.length)));
  const [trouble, setTrouble] = useState("");
  const applier = useMemo(() => new Applier(store, client), [store, client]);
  useEffect(() => () => applier.stop(), [applier]);
  const apply = (of: Picture, by: readonly number[], rest?: number): void => {
    const { id, step } = job.request;
    const looked = of.kind === "example" ? { examples: [of.row] } : { inputs: [of.own.input] };
    const params = { [network]: id, ...(styles.length > 1 ? { [blend]: by } : {}) };
    const text = [nameOf(of, sources), styles.length > 1 ? blendText(styles, by) : ""];
    const draft = { run: job.run, method, params, step, ...looked };
    // The job looked at stays the one that the panel is about.
    store.job.value = id;
    applier.want({ draft, text: text.filter(Boolean).join(" · ") }, rest);
  };
  const press = (next: Picture): void => {
    choose(next);
    apply(next, shares, 0);
  };
  const take = async (files: readonly File[]): Promise<void> => {
    const read = await readFiles(store, files.slice(0, 1), 1);
    const [own] = read.pictures;
    if (own) press({ kind: "own", own });
    setTrouble(read.trouble);
  };
  const mix = (next: number[]): void => {
    setShares(next);
    if (picture) apply(picture, next);
  };
  return (
    <section class="net-bench" aria-label="Apply the network">
      <Choice {...{ client, store, picture, press, sources }} take={(files) => void take(files)} />
      {styles.length > 1 && (
        <div class="net-mix">
          <h2>Mix the styles</h2>
          <BlendPad label="Mix of styles" parts={partsOf(styles)} shares={shares} onChange={mix} side={PAD} />
        </div>
      )}
      <Painted store={store} applier={applier} trouble={trouble} hasPicture={picture !== null} />
    </section>
  );
}

function partsOf(styles: readonly ExampleSource[]) {
  return styles.map(({ title, pixels, url }) => ({ title, pixels, url }));
}

interface ChoiceProps {
  client: Client;
  store: Store;
  sources: ReturnType<typeof useSources>;
  picture: Picture | null;
  press: (picture: Picture) => void;
  take: (files: readonly File[]) => void;
}

function Choice({ client, store, sources, picture, press, take }: ChoiceProps) {
  const chosen = picture ? [picture] : [];
  const [tab, setTab] = useShelfTab(chosen, sources);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way, the button for files the other
    <div
      class="net-choice"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <h2>Paint a picture with it</h2>
      <PictureShelf {...{ store, client, sources, chosen, press, tab, take }} onTab={setTab} isFull={false} />
    </div>
  );
}

interface PaintedProps {
  store: Store;
  applier: Applier;
  trouble: string;
  hasPicture: boolean;
}

/** The last finished picture with what it is; below it what comes next. */
function Painted({ store, applier, trouble, hasPicture }: PaintedProps) {
  const shown = applier.shown.value;
  const doing = applier.doing.value;
  const wrong = trouble || applier.trouble.value;
  return (
    <figure class="net-painted" aria-busy={doing !== null}>
      <div class="net-plate" style={{ width: `${SIDE}px`, height: `${SIDE}px` }}>
        {shown ? (
          <PaintedPicture applied={shown} />
        ) : (
          <span class="t">{hasPicture ? "painting …" : "choose a picture: it is painted at once"}</span>
        )}
      </div>
      <figcaption>
        <p class="cap net-text">{shown && `${shown.text} · ${durationText(shown.seconds)}`}</p>
        <div class="row">
          {shown &&
            (shown.isKept ? (
              <button type="button" class="btn q" onClick={() => openJob(store, shown.job.request.id)}>
                Kept: open it
              </button>
            ) : (
              <button
                type="button"
                class="btn"
                title="Keep this picture among the jobs: others come and go as the hand moves"
                onClick={() => applier.keep()}
              >
                Keep
              </button>
            ))}
          <span class="cap clip grow" role="status">
            {doing && (doing.job ? progressText(doing.job.status) : "asked for")}
          </span>
        </div>
        <p class="f-wrong bad" aria-live="polite">
          {wrong && `▲ ${wrong}`}
        </p>
      </figcaption>
    </figure>
  );
}

function PaintedPicture({ applied }: { applied: Applied }) {
  const { gallery, text } = applied;
  const pixels = useMemo(() => truePixels(gallery, 0), [gallery]);
  const size = fitWhole(gallery, { width: SIDE, height: SIDE });
  return (
    <PixelCanvas pixels={pixels} width={gallery.width} height={gallery.height} size={size} label={text} />
  );
}
