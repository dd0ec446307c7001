/** A job as a small square picture: its last preview, or the map that it made. */

import type { JobView } from "../../api/types";
import { recordOf } from "../results/record";
import { HeatmapThumb } from "../results/record_maps";
import { useResult } from "../results/use_result";
import type { ViewProps } from "../view";

interface Props extends ViewProps {
  job: JobView;
  side: number;
}

export function JobThumb({ store, client, job, side }: Props) {
  const { preview, result } = job.status;
  const style = { width: `${side}px`, height: `${side}px` };
  return (
    <span class="job-thumb" style={style}>
      {preview ? (
        <img
          class="px"
          src={client.jobs.previewUrl(job.request.id, preview)}
          alt=""
          loading="lazy"
          style={style}
        />
      ) : (
        result && <MapThumb store={store} client={client} job={job} side={side} />
      )}
    </span>
  );
}

function MapThumb({ store, client, job, side }: Props) {
  const { value } = useResult(client, job);
  const record = recordOf(value, "heatmap");
  if (!value || !record) return null;
  const props = { store, client, job, side, record, digest: value.digest };
  return <HeatmapThumb {...props} label="" />;
}
