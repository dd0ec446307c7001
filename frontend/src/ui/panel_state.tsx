/** What stands in a panel's place: nothing recorded, not yet here, or failed. */

import type { ComponentChildren } from "preact";
import { copyText } from "./clipboard";

interface NothingProps {
  title: string;
  /** It stands for the whole view, which has no other heading. */
  heading?: boolean;
  children?: ComponentChildren;
  /** The call that would record it. */
  code?: string | undefined;
}

export function Nothing({ title, heading, children, code }: NothingProps) {
  return (
    <div class="nothing">
      {heading ? (
        <h1>{title}</h1>
      ) : (
        <p>
          <b>{title}</b>
        </p>
      )}
      {children && <div class="s">{children}</div>}
      {code && <Code text={code} />}
    </div>
  );
}

export function Code({ text }: { text: string }) {
  return (
    <div class="code-box">
      <pre class="code">{text}</pre>
      <button type="button" class="btn q" onClick={() => void copyText(text)}>
        Copy
      </button>
    </div>
  );
}

export function Failed({ error, retry }: { error: Error; retry: () => void }) {
  return (
    <div class="nothing" role="alert">
      <p>
        <b class="bad">▲ {error.message}</b>
      </p>
      <button type="button" class="btn" onClick={retry}>
        Try again
      </button>
    </div>
  );
}

/** Room of the right size, shown once the wait is long enough to be noticed. */
export function Waiting({ late, what }: { late: boolean; what: string }) {
  return (
    <div class={late ? "skeleton shown" : "skeleton"} role="status">
      {late ? `loading ${what} …` : ""}
    </div>
  );
}
