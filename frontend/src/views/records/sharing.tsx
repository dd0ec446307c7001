/** Link, Python and picture of what a panel shows. */

import type { Client } from "../../api/client";
import type { Maps } from "../../api/types";
import { linkOf } from "../../state/host";
import type { Store } from "../../state/store";
import { CopyLink, CopyPicture, CopyPython } from "../../ui/copy_button";
import type { Drawn } from "../../ui/picture_grid";

interface Props {
  store: Store;
  client: Client;
  /** The answer on show; what is copied is of its step. */
  maps: Maps | undefined;
  drawn: Drawn;
  caption: string;
}

export function Sharing({ store, client, maps, drawn, caption }: Props) {
  const python = async () => {
    if (!maps) throw new Error("Nothing shown yet");
    const { run, step, key, digest } = maps.facts;
    return (await client.record({ run, step, key, digest })).python;
  };
  return (
    <>
      <CopyLink link={() => linkOf(store)} />
      <CopyPython python={python} />
      <CopyPicture picture={() => drawn.current?.() ?? null} caption={() => caption} />
    </>
  );
}
