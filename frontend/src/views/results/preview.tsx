/** The picture of a job as it is now, in a room that does not change. */

import { useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView } from "../../api/types";
import { fitted } from "../records/examples";
import { type Box, fitWhole } from "./fit";

interface Props {
  client: Client;
  job: JobView;
  room: Box;
  label: string;
  /** Fill the room, not in whole pixels: for small pictures in a row. */
  filled?: boolean;
}

/** The last preview; the one before stays until the next one has arrived. */
export function Preview({ client, job, room, label, filled }: Props) {
  const [natural, setNatural] = useState<Box | null>(null);
  const { preview } = job.status;
  if (preview === null) return null;
  const size = natural && (filled ? fitted(natural, room.width) : fitWhole(natural, room));
  return (
    <img
      class="preview px"
      src={client.jobs.previewUrl(job.request.id, preview)}
      alt={label}
      style={
        size
          ? { width: `${size.width}px`, height: `${size.height}px` }
          : { maxWidth: "100%", maxHeight: "100%" }
      }
      onLoad={({ currentTarget: { naturalWidth: width, naturalHeight: height } }) => {
        if (width !== natural?.width || height !== natural.height) setNatural({ width, height });
      }}
    />
  );
}
