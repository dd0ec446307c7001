/** What a route's refusal becomes. */

/** A route's refusal, or `kind: "network"` when no answer came at all. */
export class ApiError extends Error {
  readonly kind: string;
  readonly status: number;
  readonly field: string | undefined;

  constructor(message: string, kind: string, status: number, field?: string) {
    super(message);
    this.name = "ApiError";
    this.kind = kind;
    this.status = status;
    this.field = field;
  }

  /** True when asking again may help. */
  get passing(): boolean {
    return this.kind === "network" || this.status >= 500;
  }
}
