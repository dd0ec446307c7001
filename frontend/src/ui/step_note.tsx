/** Says which step a picture is of. */

interface Props {
  /** The step the picture was recorded at. */
  shown: number;
  /** The step looked at. */
  wanted: number | null;
  source?: "bulk" | "preview";
}

export function StepNote({ shown, wanted, source = "bulk" }: Props) {
  return (
    <span class="nowrap">
      {shown === wanted ? (
        <span class="cap">step {shown}</span>
      ) : (
        <span class="stale">from step {shown}</span>
      )}
      {source === "preview" && (
        <span class="cap" title="The snapshot file is not there; this is the event's smaller copy.">
          {" · preview"}
        </span>
      )}
    </span>
  );
}
