/** A or B, and what tells it apart. */

export function Named({ name, label }: { name: "A" | "B"; label: string }) {
  return (
    <span class="row cap res-named">
      <span class={`key ${name.toLowerCase()}`}>{name}</span>
      <b class="clip">{label}</b>
    </span>
  );
}
