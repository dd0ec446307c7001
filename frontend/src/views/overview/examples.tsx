/** The examples in their true colours, each with what the net says of it now. */

import { useMemo } from "preact/hooks";
import type { ExamplesIndex, Examples as Pictures, Scores } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { packed } from "../../draw/colour_map";
import { shareText } from "../../draw/number_text";
import { className, exampleName, type Prediction, predictionAt } from "../../state/predictions";
import type { Store } from "../../state/store";
import { Failed, Waiting } from "../../ui/panel_state";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { StepNote } from "../../ui/step_note";
import type { ViewProps } from "../view";

const SHOWN = 16;
const SIDE = 56;

export function Examples({ store, client }: ViewProps) {
  const index = store.a.index.value;
  const facts = index?.examples ?? null;
  const name = index?.name ?? "";
  const pictures = useAnswer(facts && client.examples(name, facts.digest), `${name} ${facts?.digest}`);
  const isScored = index?.series.some((series) => series.kind === "scores") ?? false;
  const scores = useAnswer(index && isScored ? client.scores(name, index.rev) : null, name);
  if (!index || !facts) return null;
  const shown = store.a.shown.value;
  const predictions = predictionsOf(scores.value, facts, shown);
  const known = predictions.filter((one) => one !== null);
  const right = known.filter((one) => one.isRight).length;
  const judged = known.filter((one) => one.isRight !== null).length;
  return (
    <section class="band-part">
      <div class="row">
        <h2>Examples</h2>
        <span class="cap clip">
          {facts.count}
          {judged > 0 && ` · ${right} of ${judged} right`}
          {facts.count > SHOWN && ` · the first ${SHOWN}`}
        </span>
        <span class="grow" />
        {known[0] && <StepNote shown={known[0].step} wanted={shown} />}
      </div>
      {pictures.error ? (
        <Failed error={pictures.error} retry={pictures.retry} />
      ) : pictures.value ? (
        <ul class="examples">
          {predictions.map((prediction, i) => (
            <Example
              key={i}
              store={store}
              pictures={pictures.value as Pictures}
              facts={facts}
              image={i}
              prediction={prediction}
            />
          ))}
        </ul>
      ) : (
        <Waiting late={pictures.late} what="examples" />
      )}
      {pictures.value?.problems.map((problem) => (
        <p key={problem} class="stale">
          ▲ {problem}
        </p>
      ))}
    </section>
  );
}

function predictionsOf(
  scores: Scores | undefined,
  facts: ExamplesIndex,
  step: number | null,
): (Prediction | null)[] {
  const count = Math.min(facts.count, SHOWN);
  return Array.from({ length: count }, (_, image) =>
    scores && step !== null ? predictionAt(scores, image, step, facts) : null,
  );
}

interface ExampleProps {
  store: Store;
  pictures: Pictures;
  facts: ExamplesIndex;
  image: number;
  prediction: Prediction | null;
}

function Example({ store, pictures, facts, image, prediction }: ExampleProps) {
  const label = facts.labels?.[image];
  const own = exampleName(facts, image);
  const name = label === undefined ? (own ?? `image ${image}`) : className(facts, label);
  const said = prediction && className(facts, prediction.target);
  const scale = SIDE / Math.max(pictures.width, pictures.height, 1);
  const size = { width: Math.max(1, pictures.width * scale), height: Math.max(1, pictures.height * scale) };
  const open = (): void => {
    store.image.value = image;
    store.view.value = "image";
  };
  return (
    <li>
      <button
        type="button"
        class="plain example"
        title={`image ${image}${own ? ` ${own}` : ""}${label === undefined ? "" : `, ${name}`}${said ? `; predicted ${said}` : ""}`}
        onClick={open}
      >
        <ExamplePicture pictures={pictures} image={image} size={size} />
        <span class="cap clip">
          <b>{name}</b>
        </span>
        {prediction && said && <Said prediction={prediction} said={said} />}
      </button>
    </li>
  );
}

function Said({ prediction, said }: { prediction: Prediction; said: string }) {
  if (Number.isNaN(prediction.probability)) return <span class="cap bad">▲ NaN</span>;
  return (
    <span class="cap said">
      <span class="clip">
        {prediction.isRight === null ? "" : <Verdict isRight={prediction.isRight} />}
        {prediction.isRight ? "" : said}
      </span>
      <span class="nowrap">{shareText(prediction.probability)}</span>
    </span>
  );
}

function Verdict({ isRight }: { isRight: boolean }) {
  return isRight ? <span class="ok">✓ </span> : <span class="bad">✗ </span>;
}

interface PictureProps {
  pictures: Pictures;
  image: number;
  size: { width: number; height: number };
}

function ExamplePicture({ pictures, image, size }: PictureProps) {
  const pixels = useMemo(() => pixelsOf(pictures, image), [pictures, image]);
  return <PixelCanvas pixels={pixels} width={pictures.width} height={pictures.height} size={size} label="" />;
}

function pixelsOf(pictures: Pictures, image: number): Uint32Array<ArrayBuffer> {
  const count = pictures.width * pictures.height;
  const pixels = new Uint32Array(count);
  const from = image * count * 3;
  const { images } = pictures;
  for (let i = 0; i < count; i++) {
    const at = from + i * 3;
    pixels[i] = packed(images[at] as number, images[at + 1] as number, images[at + 2] as number);
  }
  return pixels;
}
