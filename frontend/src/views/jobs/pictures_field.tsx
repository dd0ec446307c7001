/** Which pictures a job looks at: examples of the run, and own ones, chosen, dropped or taken from a result. */

import { useId, useState } from "preact/hooks";
import type { MethodCard } from "../../api/types";
import { benchPictures, keepBenchPicture } from "../../state/bench_pictures";
import { inputOfData, type OwnInput } from "../../state/own_inputs";
import type { Store } from "../../state/store";
import { Thumbnails } from "../../ui/form/pickers";
import type { Sources } from "../../ui/form/sources";
import { readBenchPicture } from "../image/own_picture";
import type { DraftState } from "./use_draft";

interface Props {
  store: Store;
  state: DraftState;
  sources: Sources;
  refusal: string | undefined;
}

export function PicturesField({ store, state, sources, refusal }: Props) {
  const id = useId();
  const [trouble, setTrouble] = useState("");
  const { draft, card, update } = state;
  const { examples } = draft;
  const own = store.ownInputs.value;
  const press = (at: number): void => {
    const others = examples.filter((one) => one !== at);
    update({ examples: others.length < examples.length ? others : [...examples, at].sort((a, b) => a - b) });
  };
  const take = (files: readonly File[]): void => {
    takeFiles(store, files).then(setTrouble);
  };
  const wrong = trouble || refusal;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way, the button beside it the other
    <div
      class="f-row tall"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        take([...(event.dataTransfer?.files ?? [])]);
      }}
    >
      <span class="f-label" id={id}>
        Pictures
      </span>
      <div class="f-control" aria-describedby={`${id}-said`}>
        <Thumbnails
          label="Examples"
          examples={sources.examples}
          isOn={(at) => examples.includes(at)}
          press={press}
        />
        <OwnThumbnails store={store} own={own} />
        <div class="row">
          <span class="cap grow" id={`${id}-said`}>
            {chosenText(card, examples.length, own.length, sources.examples.length)}
          </span>
          <FileButton take={take} isFull={own.length >= (store.session.value?.max_inputs ?? 0)} />
        </div>
        <div class="f-wrong bad" aria-live="polite">
          {wrong && `▲ ${wrong}`}
        </div>
      </div>
    </div>
  );
}

/** What the choice means; nothing chosen is a choice as well. */
export function chosenText(card: MethodCard, examples: number, own: number, all: number): string {
  const parts = [];
  if (examples > 0) parts.push(`${examples} of ${all} examples`);
  if (own > 0) parts.push(own === 1 ? "1 own picture" : `${own} own pictures`);
  if (parts.length > 0) return parts.join(", ");
  if (!card.needs_examples) return "none chosen: it needs none";
  return all === 1 ? "the one example" : `none chosen: all ${all} examples`;
}

/** Own pictures: those that go with the job, and those of the Image view that could. */
function OwnThumbnails({ store, own }: { store: Store; own: readonly OwnInput[] }) {
  const kept = benchPictures.value.map(({ name, data }) => inputOfData(name, data));
  const all = [...own, ...kept.filter((one) => !own.some((other) => other.url === one.url))];
  if (all.length === 0) return null;
  return (
    <fieldset class="f-thumbs" aria-label="Own pictures">
      {all.map((picture) => {
        const isOn = own.some((one) => one.url === picture.url);
        return (
          <button
            key={picture.url}
            type="button"
            aria-pressed={isOn}
            aria-label={picture.name}
            title={picture.name}
            onClick={() => {
              store.ownInputs.value = isOn
                ? own.filter((one) => one.url !== picture.url)
                : [...own, picture].slice(0, store.session.value?.max_inputs ?? 0);
            }}
          >
            <img src={picture.url} alt="" width={32} height={32} />
          </button>
        );
      })}
    </fieldset>
  );
}

function FileButton({ take, isFull }: { take: (files: File[]) => void; isFull: boolean }) {
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
      <label for={id} class="btn q" title="PNG, JPEG or WebP; they can be dropped here, too">
        Own picture …
      </label>
    </span>
  );
}

/** Take files among the job's own pictures, each bounded before it is read; says what was wrong with one. */
async function takeFiles(store: Store, files: readonly File[]): Promise<string> {
  const session = store.session.peek();
  const shape = store.a.index.peek()?.examples?.shape;
  if (!session?.jobs) return session?.reason || "Jobs are off";
  if (!shape) return "This run has no examples, so the network's picture size is not known";
  const [, height = 1, width = 1] = shape;
  for (const file of files) {
    const own = store.ownInputs.peek();
    if (own.length >= session.max_inputs) return `At most ${session.max_inputs} own pictures go with a job`;
    try {
      const picture = await readBenchPicture(file, { height, width }, session);
      keepBenchPicture(picture);
      store.ownInputs.value = [...own, inputOfData(picture.name, picture.data)];
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return "";
}
