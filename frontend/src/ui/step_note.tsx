/** Says which step a picture is of. */

interface Props {
  /** The step the picture was recorded at. */
  shown: number;
  /** The step looked at. */
  wanted: number | null;
  source?: "bulk" | "preview";
  /** Why it is a preview, and what else the server says of it. */
  problems?: readonly string[];
}

export function StepNote({ shown, wanted, source = "bulk", problems = [] }: Props) {
  return (
    <span class="nowrap">
      {shown === wanted ? (
        <span class="cap">step {shown}</span>
      ) : (
        <span class="stale">from step {shown}</span>
      )}
      {source === "preview" && (
        <span class="stale" title={problems.join("; ") || "the event's smaller copy"}>
          {" · preview"}
        </span>
      )}
      {source === "bulk" && problems.length > 0 && (
        <span class="stale" title={problems.join("; ")}>
          {" ▲ "}
          {problems[0]}
        </span>
      )}
    </span>
  );
}
