/** Above the map: what is laid out, by which layer, at which step; and what a reader should know of it. */

import { countText, percentText } from "../../draw/number_text";
import { linkOf } from "../../state/host";
import { CopyLink, CopyPython } from "../../ui/copy_button";
import { StepNote } from "../../ui/step_note";
import type { ViewProps } from "../view";
import { notesOf } from "./notes";
import type { Scene, SceneAnswer } from "./use_scene";

export function Head({ store, client, answer }: ViewProps & { answer: SceneAnswer }) {
  const { scene, source } = answer;
  const layout = scene?.layout;
  const width = source?.kind === "series" ? source.series.arrays.features?.shape[1] : undefined;
  const said = [layout && `${countText(layout.count)} images`, layout && accuracyText(scene)].filter(Boolean);
  return (
    <div class="head">
      <h1 class="clip">
        {layout?.facts.layer ?? source?.title ?? "Embedding"}
        {width !== undefined && `, ${width} dimensions`}
      </h1>
      <span class="t clip">{said.join(" · ")}</span>
      {layout && scene && (
        <StepNote
          shown={layout.facts.step}
          wanted={scene.capture ? store.a.shown.value : layout.facts.step}
        />
      )}
      <span class="grow" />
      {scene && (
        <>
          <CopyLink link={() => linkOf(store)} />
          <CopyPython python={() => pythonOf(client, scene)} />
        </>
      )}
    </div>
  );
}

async function pythonOf(client: ViewProps["client"], scene: Scene): Promise<string> {
  const { held, source } = scene;
  if ("run" in held) return (await client.record(held)).python;
  if (source.kind !== "job") throw new Error("nothing is shown yet");
  return (await client.jobs.result(source.job.request.id)).python;
}

/** "accuracy 86.8 %", where labels and predictions are known. */
export function accuracyText({ subjects }: Scene): string {
  if (!subjects.predicted) return "";
  let [right, judged] = [0, 0];
  subjects.labels.forEach((label, row) => {
    const said = subjects.predicted?.[row] ?? -1;
    if (label < 0 || said < 0) return;
    judged++;
    if (label === said) right++;
  });
  return judged > 0 ? `accuracy ${percentText(right / judged)}` : "";
}

/** What the record says that a reader should know. */
export function Notes({ scene, trouble }: { scene: Scene; trouble: string }) {
  const said = notesOf(scene.facts, scene.subjects.problems);
  if (trouble) said.unshift(`pictures cannot be shown: ${trouble}`);
  if (said.length === 0) return null;
  return (
    <p class="cap notes" title={said.join("\n")}>
      <span class="warn">▲</span> {said.join(" · ")}
    </p>
  );
}
