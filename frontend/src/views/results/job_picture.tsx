/** A job as one small picture: what came out, or how it looks now. */

import { useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView } from "../../api/types";
import { truePixels } from "../../draw/true_colours";
import type { Store } from "../../state/store";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { fitted } from "../records/examples";
import { isUnderWay, stateText } from "./job_text";
import { Preview } from "./preview";
import { recordOf } from "./record";
import { HeatmapThumb } from "./record_maps";
import { useGallery, useResult } from "./use_result";

interface Props {
  client: Client;
  job: JobView;
  /** Longer side on the page, px. */
  side: number;
  /** What the picture shows; said, not shown. */
  label: string;
  /** With it a map is drawn as the page's choices of colour and opacity say; without, maps have no picture. */
  store?: Store;
}

/** Square room of `side`; the exact picture once the job has ended, its preview until then. */
export function JobPicture({ client, job, side, label, store }: Props) {
  const result = useResult(client, job);
  const gallery = useGallery(client, job, result.value).value;
  const pixels = useMemo(() => (gallery?.count === 1 ? truePixels(gallery, 0) : null), [gallery]);
  const { status } = job;
  const room = { width: side, height: side };
  const map = recordOf(result.value, "heatmap");
  const hasMap = !gallery && store !== undefined && map !== undefined;
  const hasNothing = status.preview === null && !pixels && !hasMap;
  return (
    <span class="job-picture" style={{ width: `${side}px`, height: `${side}px` }}>
      {pixels && gallery ? (
        <PixelCanvas
          pixels={pixels}
          width={gallery.width}
          height={gallery.height}
          size={fitted(gallery, side)}
          label={label}
        />
      ) : hasMap ? (
        <HeatmapThumb
          {...{ client, store, job, side, label }}
          record={map}
          digest={result.value?.digest ?? ""}
        />
      ) : (
        <Preview client={client} job={job} room={room} label={label} filled />
      )}
      {hasNothing && (
        <span class={status.state === "failed" ? "job-picture-none bad" : "job-picture-none t"}>
          {status.state === "failed" ? "▲ failed" : stateText(status)}
        </span>
      )}
      {!hasNothing && isUnderWay(status) && status.total > 0 && (
        <i class="job-picture-bar" style={{ width: `${(100 * status.iteration) / status.total}%` }} />
      )}
    </span>
  );
}
