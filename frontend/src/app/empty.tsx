/** What to do when nothing was recorded yet: three lines, the ways without training, and what is watched. */

import { useEffect, useState } from "preact/hooks";
import type { Store } from "../state/store";
import { copyText } from "../ui/clipboard";

const CODE = `import cnnviz

recorder = cnnviz.Recorder(model, writer, examples=images)
with recorder:
    for step, (x, y) in enumerate(loader):
        ...
        recorder.step(step)
`;

interface EmptyProps {
  store: Store;
  check: () => Promise<void>;
}

export function Empty({ store, check }: EmptyProps) {
  const state = store.runs.value;
  const logdir = state.kind === "ready" ? state.logdir : "";
  return (
    <main class="empty">
      <div>
        <h1>Nothing recorded in this logdir yet</h1>
        <p class="s" style={{ marginTop: "4px" }}>
          Three lines in the training loop; this page fills itself at the first step.
        </p>
        <div class="row" style={{ marginTop: "24px" }}>
          <h2 class="grow">PyTorch</h2>
          <CopyButton text={CODE} />
        </div>
        <Snippet />
        <div class="cap" style={{ marginTop: "6px" }}>
          At most 1 % of training time by default (<span class="mono">budget=0.01</span>). Training is
          bit-identical with the recorder on.
        </div>
        <div class="ways">
          <Way
            title="A checkpoint, no training"
            command={`cnnviz inspect torchvision:resnet18 \\
    --images photos/ \\
    --logdir ${quoted(logdir)}`}
          />
          <Way title="Just look around" command="cnnviz demo" />
        </div>
        <Problems store={store} />
        <Watching store={store} check={check} />
      </div>
    </main>
  );
}

/** The code with its numbered margin notes. */
function Snippet() {
  const note = (text: string) => <span class="c">{text}</span>;
  const word = (text: string) => <span class="k">{text}</span>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is to be reached by keyboard
    <pre class="code" style={{ marginTop: "8px" }} tabIndex={0}>
      {word("import")} cnnviz{"\n\n"}
      {"recorder = cnnviz.Recorder(model, writer, examples=images)   "}
      {note("# 1  before the loop")}
      {"\n"}
      {word("with")}
      {" recorder:                                               "}
      {note("# 2  around it")}
      {"\n    "}
      {word("for")} step, (x, y) {word("in")} enumerate(loader):{"\n        …\n"}
      {"        recorder.step(step)                                  "}
      {note("# 3  in it")}
    </pre>
  );
}

function Way({ title, command }: { title: string; command: string }) {
  return (
    <div style={{ minWidth: "0" }}>
      <b>{title}</b>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is to be reached by keyboard */}
      <pre class="code" style={{ padding: "6px 12px", marginTop: "6px" }} tabIndex={0}>
        {command}
      </pre>
    </div>
  );
}

function quoted(path: string): string {
  return /^[\w./:@~-]+$/.test(path) ? path : path ? `'${path.replaceAll("'", "'\\''")}'` : "runs";
}

/** Runs that are there but cannot be read say why. */
function Problems({ store }: { store: Store }) {
  const state = store.runs.value;
  const runs = state.kind === "ready" ? state.runs.filter((run) => run.problems.length > 0) : [];
  return (
    <>
      {runs.map((run) => (
        <p key={run.name} class="warn" style={{ marginTop: "12px" }}>
          ▲ {run.name}: {run.problems.join("; ")}
        </p>
      ))}
    </>
  );
}

function Watching({ store, check }: EmptyProps) {
  const now = useNow();
  const state = store.runs.value;
  if (state.kind !== "ready") return null;
  const seconds = Math.max(0, Math.round((now - state.checkedAt) / 1000));
  const silent = store.silentSince.value !== null;
  return (
    <div class="row s" style={{ marginTop: "28px", borderTop: "1px solid var(--line)", paddingTop: "12px" }}>
      <span class={silent ? "dot warn" : "dot ok"} />
      <span class="grow clip">
        {silent ? "reconnecting to TensorBoard, which watches " : "watching "}
        <span class="mono">{state.logdir || "the logdir"}</span> · no CNN Viz data yet · checked {seconds} s
        ago
      </span>
      <button type="button" class="btn q" onClick={() => void check()}>
        Check now
      </button>
    </div>
  );
}

/** The time, once a second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

function CopyButton({ text }: { text: string }) {
  const [said, setSaid] = useState("Copy");
  const copy = (): void => {
    copyText(text).then(
      () => setSaid("Copied"),
      () => setSaid("Select and copy by hand"),
    );
  };
  return (
    <button type="button" class="btn" onClick={copy} aria-live="polite">
      {said}
    </button>
  );
}
