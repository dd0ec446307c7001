/** What a job may look at: the run's examples, files of a person's own, and results of earlier jobs. */

import { useId, useState } from "preact/hooks";
import { benchPictures, keepBenchPicture } from "../../state/bench_pictures";
import { inputOfData, isResult, type OwnInput } from "../../state/own_inputs";
import type { Store } from "../../state/store";
import { Thumbnails } from "../../ui/form/pickers";
import type { Sources } from "../../ui/form/sources";
import { Segmented } from "../../ui/segmented";
import { readBenchPicture } from "../image/own_picture";
import type { ViewProps } from "../view";
import { ResultsShelf, resultJobs } from "./results_shelf";
import { keyOf, type Picture } from "./roles";

export type ShelfTab = "examples" | "own" | "results";

interface Props extends ViewProps {
  sources: Sources;
  chosen: readonly Picture[];
  /** A picture was pressed: it is to be chosen, or no longer. */
  press: (picture: Picture) => void;
  tab: ShelfTab;
  onTab: (tab: ShelfTab) => void;
  take: (files: readonly File[]) => void;
  /** No further own picture can go with the job. */
  isFull: boolean;
}

export function PictureShelf(props: Props) {
  const { store, client, sources, chosen, press, tab, onTab } = props;
  const keys = new Set(chosen.map(keyOf));
  const own = ownPictures(chosen);
  const results = resultJobs(store).length;
  return (
    <div class="shelf">
      <div class="row">
        <Segmented
          label="Where from"
          value={tab}
          choices={[
            { value: "examples", text: `Examples ${sources.examples.length}` },
            { value: "own", text: own.length ? `Own ${own.length}` : "Own" },
            { value: "results", text: results ? `Results ${results}` : "Results" },
          ]}
          onChoose={onTab}
        />
      </div>
      {tab === "examples" && (
        <Thumbnails
          label="Examples"
          examples={sources.examples}
          isOn={(row) => keys.has(keyOf({ kind: "example", row }))}
          press={(row) => press({ kind: "example", row })}
        />
      )}
      {tab === "own" && <OwnPictures {...props} own={own} keys={keys} />}
      {tab === "results" && (
        <ResultsShelf
          store={store}
          client={client}
          isOn={(url) => keys.has(url)}
          press={(picture) => press({ kind: "own", own: picture })}
        />
      )}
    </div>
  );
}

/** Files: those chosen, and those of the Image view that could be. */
function ownPictures(chosen: readonly Picture[]): OwnInput[] {
  const taken = chosen.flatMap((one) => (one.kind === "own" && !isResult(one.own) ? [one.own] : []));
  const kept = benchPictures.value.map(({ name, data }) => inputOfData(name, data));
  return [...taken, ...kept.filter((one) => !taken.some((other) => other.url === one.url))];
}

interface OwnProps extends Props {
  own: readonly OwnInput[];
  keys: ReadonlySet<string>;
}

function OwnPictures({ own, keys, press, take, isFull }: OwnProps) {
  return (
    <>
      {own.length > 0 && (
        <fieldset class="f-thumbs" aria-label="Own pictures">
          {own.map((picture) => (
            <button
              key={picture.url}
              type="button"
              aria-pressed={keys.has(picture.url)}
              aria-label={picture.name}
              title={picture.name}
              onClick={() => press({ kind: "own", own: picture })}
            >
              <img src={picture.url} alt="" width={32} height={32} />
            </button>
          ))}
        </fieldset>
      )}
      <div class="row">
        <FileButton take={take} isFull={isFull} />
        <span class="cap">or drop or paste one here</span>
      </div>
    </>
  );
}

function FileButton({ take, isFull }: Pick<Props, "take" | "isFull">) {
  const id = useId();
  return (
    <span class="file-button">
      <input
        id={id}
        class="unseen"
        type="file"
        multiple
        disabled={isFull}
        accept="image/png,image/jpeg,image/webp"
        onChange={(event) => {
          take([...(event.currentTarget.files ?? [])]);
          event.currentTarget.value = "";
        }}
      />
      <label for={id} class="btn" title="PNG, JPEG or WebP">
        Choose files …
      </label>
    </span>
  );
}

/** The tab to begin with: where what is chosen comes from. */
export function useShelfTab(
  chosen: readonly Picture[],
  sources: Sources,
): [ShelfTab, (tab: ShelfTab) => void] {
  const [wanted, want] = useState<ShelfTab | null>(null);
  const [first] = chosen;
  const usual = first?.kind === "own" ? (isResult(first.own) ? "results" : "own") : "examples";
  const hasNone = usual === "examples" && sources.examples.length === 0;
  return [wanted ?? (hasNone ? "own" : usual), want];
}

/**
 * Read files, each bounded before it is read, at the size that the network looks at.
 *
 * @returns those that could be read, and what was wrong with the first that could not; "" when nothing was.
 */
export async function readFiles(
  store: Store,
  files: readonly File[],
  most: number,
): Promise<{ pictures: OwnInput[]; trouble: string }> {
  const pictures: OwnInput[] = [];
  const session = store.session.peek();
  const shape = store.a.index.peek()?.examples?.shape;
  if (!session?.jobs) return { pictures, trouble: session?.reason || "Jobs are off" };
  if (!shape)
    return { pictures, trouble: "This run has no examples, so the network's picture size is not known" };
  const [, height = 1, width = 1] = shape;
  for (const file of files) {
    if (pictures.length >= most)
      return { pictures, trouble: `At most ${session.max_inputs} own pictures go with a job` };
    try {
      const picture = await readBenchPicture(file, { height, width }, session);
      keepBenchPicture(picture);
      pictures.push(inputOfData(picture.name, picture.data));
    } catch (error) {
      return { pictures, trouble: error instanceof Error ? error.message : String(error) };
    }
  }
  return { pictures, trouble: "" };
}

/** Pictures among what was pasted or dropped. */
export function filesOf(transfer: DataTransfer | null): File[] {
  return [...(transfer?.files ?? [])].filter((file) => file.type.startsWith("image/") || file.type === "");
}
