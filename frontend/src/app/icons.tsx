/** The frame's few glyphs, drawn on a 12 px field. */

import type { ComponentChildren } from "preact";

function Glyph({ children, size = 12 }: { children: ComponentChildren; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 12 12"
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      stroke-width="1.5"
    >
      {children}
    </svg>
  );
}

export const PreviousIcon = () => (
  <Glyph>
    <path d="M8 2L4 6l4 4" />
  </Glyph>
);

export const NextIcon = () => (
  <Glyph>
    <path d="M4 2l4 4-4 4" />
  </Glyph>
);

export const PlayIcon = () => (
  <Glyph>
    <path d="M2.5 1v10L10.5 6z" fill="currentColor" stroke="none" />
  </Glyph>
);

export const PauseIcon = () => (
  <Glyph>
    <path d="M2 1h3v10H2zM7 1h3v10H7z" fill="currentColor" stroke="none" />
  </Glyph>
);

export const ThemeIcon = () => (
  <Glyph size={14}>
    <circle cx="6" cy="6" r="4.7" stroke-width="1" />
    <path d="M6 1.3a4.7 4.7 0 0 1 0 9.4z" fill="currentColor" stroke="none" />
  </Glyph>
);

export const LayersIcon = () => (
  <Glyph>
    <path d="M1 2.5h10M1 6h7M1 9.5h9" />
  </Glyph>
);

export const InspectorIcon = () => (
  <Glyph>
    <path d="M.75 1.5h10.5v9H.75zM7.5 1.5v9" stroke-width="1.2" />
  </Glyph>
);
