/** In the top row of every view: how many jobs run and wait; a click leads to them. */

import { grouped } from "../state/job_list";
import type { Store } from "../state/store";

export function JobBadge({ store }: { store: Store }) {
  const { running, waiting } = grouped(store.jobs.value);
  const first = running[0]?.status;
  const counts = [
    running.length ? `${running.length} running` : "",
    waiting.length ? `${waiting.length} waiting` : "",
  ].filter(Boolean);
  if (counts.length === 0) return null;
  const said = counts.join(", ");
  return (
    <button
      type="button"
      class="job-badge"
      title={`${said} (g j)`}
      aria-label={`Jobs: ${said}`}
      onClick={() => {
        store.view.value = "jobs";
      }}
    >
      <Ring share={first && first.total > 0 ? Math.min(1, first.iteration / first.total) : 0} />
      <span class="words">{said}</span>
    </button>
  );
}

const RADIUS = 5.5;
const ROUND = 2 * Math.PI * RADIUS;

/** How far the first running job is. */
function Ring({ share }: { share: number }) {
  return (
    <svg width="14" height="14" viewBox="0 0 14 14" aria-hidden="true" fill="none" stroke-width="2">
      <circle cx="7" cy="7" r={RADIUS} stroke="var(--line-2)" />
      <circle
        cx="7"
        cy="7"
        r={RADIUS}
        stroke="var(--accent)"
        stroke-dasharray={`${share * ROUND} ${ROUND}`}
        transform="rotate(-90 7 7)"
      />
    </svg>
  );
}
