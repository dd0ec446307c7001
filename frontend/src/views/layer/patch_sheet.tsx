/** The top patches tab: of every channel of a layer the image that excites it most. */

import { useMemo, useRef } from "preact/hooks";
import type { Client, RecordAddress } from "../../api/client";
import type { Held } from "../../api/layouts";
import type { Series } from "../../api/types";
import { valueText } from "../../draw/number_text";
import { trueAtlas } from "../../draw/true_colours";
import { linkOf } from "../../state/host";
import { type Capture, resolve } from "../../state/steps";
import { openUnit } from "../../state/store";
import { CopyLink, CopyPicture, CopyPython } from "../../ui/copy_button";
import { Failed, Waiting } from "../../ui/panel_state";
import { type Drawn, PictureGrid } from "../../ui/picture_grid";
import { StepNote } from "../../ui/step_note";
import { Later } from "../records/later";
import { mainShape } from "../records/series";
import { useAll } from "../records/use_all";
import type { ViewProps } from "../view";
import { Head } from "./head";
import { chunksOf, type Sheet, sheetOf } from "./patch_chunks";
import { SortControl } from "./sort_control";
import { type LayerLook, pointed } from "./use_layer";

interface Props extends ViewProps {
  look: LayerLook;
  series: Series;
}

export function PatchSheet({ store, client, look, series }: Props) {
  const { index, name } = look;
  const capture = resolve(index, series, store.a.shown.value);
  const drawn: Drawn = useRef<(() => HTMLCanvasElement | null) | null>(null);
  const held = capture && heldAt(index.name, series, capture);
  const asks = held ? sheetAsks(client, held, mainShape(series)) : [];
  const { values, pending, error, retry } = useAll(asks, [index.name, series.key].join("|"));
  const sheet = useMemo(() => sheetOf(values), [values.map((one) => one?.facts.digest).join()]);
  const caption = `${name} · top patch of each channel · step ${sheet?.step ?? ""} · run ${index.name}`;
  const python = async () => {
    if (!held) throw new Error("Nothing shown yet");
    return (await client.record(held)).python;
  };
  return (
    <>
      <Head store={store} look={look}>
        <CopyLink link={() => linkOf(store)} />
        <CopyPython python={python} />
        <CopyPicture picture={() => drawn.current?.() ?? null} caption={() => caption} />
      </Head>
      <div class="bar">
        <SortControl store={store} look={look} />
        <span class="cap">the image that excites each channel most, cut to what the channel sees of it</span>
      </div>
      {!capture ? (
        <Later store={store} index={index} series={series} />
      ) : error ? (
        <Failed error={error} retry={retry} />
      ) : sheet ? (
        <Grid {...{ store, look, sheet, drawn }} dim={pending} />
      ) : (
        <Waiting late what={`top patches of ${name}`} />
      )}
      {sheet && (
        <div class="row grid-foot">
          <StepNote shown={sheet.step} wanted={store.a.shown.value} />
          <span class="grow" />
          <span class="cap">below each its activation</span>
        </div>
      )}
    </>
  );
}

function heldAt(run: string, series: Series, { step, digest }: Capture): RecordAddress {
  return { run, step, key: series.key, digest };
}

function sheetAsks(client: Client, held: Held, shape: readonly number[]) {
  return chunksOf(shape).map(({ channel, count }) =>
    client.layouts.patches(held, { channel, count, top: 1 }),
  );
}

interface GridProps {
  store: ViewProps["store"];
  look: LayerLook;
  sheet: Sheet;
  drawn: Drawn;
  dim: boolean;
}

function Grid({ store, look, sheet, drawn, dim }: GridProps) {
  const order = useMemo(() => look.order.filter((channel) => channel < sheet.count), [look.order, sheet]);
  const textOf = (channel: number) => valueText(sheet.activations[channel] ?? Number.NaN);
  return (
    <PictureGrid
      label={`top patches of ${order.length} channels of ${look.name}`}
      order={order}
      picture={sheet}
      atlas={(some, columns) => trueAtlas(sheet, some, columns)}
      text={(channel) =>
        sheet.activations[channel] === 0
          ? { left: String(channel), right: "silent", tone: "bad" }
          : { left: String(channel), right: textOf(channel), tone: "plain" }
      }
      says={(channel) => `channel ${channel} of ${sheet.count}, activation ${textOf(channel)}`}
      selected={look.selected}
      onSelect={(channel) => {
        store.channel.value = channel;
      }}
      onOpen={(channel) => openUnit(store, look.name, channel)}
      onPoint={(point) => {
        pointed.value = point;
      }}
      version={sheet}
      theme={store.theme.value}
      dim={dim}
      drawn={drawn}
    />
  );
}
