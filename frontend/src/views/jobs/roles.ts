/** Which part each picture of a job plays: parameters that are rows of the job's own list, as the picker shows them. */

import type { OwnInput } from "../../state/own_inputs";
import type { Schema } from "../../ui/form/schema";

/** A picture of the run, or one that goes with the request. */
export type Picture = { kind: "example"; row: number } | { kind: "own"; own: OwnInput };

/** A picture in its place. */
export interface Item {
  picture: Picture;
  /** The parameter that names it; null where none does. */
  role: string | null;
  /** Its share where several are mixed; null for alike. */
  weight: number | null;
}

/** The parameters of a form that name pictures. */
export interface Roles {
  /** One picture each. */
  ones: readonly { name: string; nullable: boolean }[];
  /** All the others; null where no parameter takes several. */
  many: string | null;
  /** How much of each of those. */
  blend: string | null;
}

/** Pictures of a job, and the parameters that name them. */
export interface Composed {
  examples: number[];
  own: OwnInput[];
  /** undefined: at its default. */
  params: Record<string, unknown>;
}

export function rolesOf(schema: Schema): Roles {
  const fields = Object.entries(schema.properties ?? {});
  const named = (widget: string) => fields.filter(([, field]) => field["x-widget"] === widget);
  const hasNetwork = named("network").length > 0;
  return {
    ones: named("example").map(([name, field]) => ({
      name,
      nullable: field.anyOf?.some((choice) => choice.type === "null") ?? false,
    })),
    many: named("examples")[0]?.[0] ?? null,
    blend: hasNetwork ? null : (named("blend")[0]?.[0] ?? null),
  };
}

/** Names of the parameters that the picker of pictures fills in itself. */
export function roleNames({ ones, many }: Roles): string[] {
  return [...ones.map(({ name }) => name), ...(many === null ? [] : [many])];
}

/** Whether the order alone says what each picture is for: the content first, then the styles. */
export function isByOrder({ many }: Roles): boolean {
  return many !== null;
}

export function keyOf(picture: Picture): string {
  return picture.kind === "example" ? `example ${picture.row}` : picture.own.url;
}

/**
 * The chosen pictures in the order of their parts.
 *
 * @param values every parameter of the form.
 */
export function itemsOf(
  roles: Roles,
  values: Record<string, unknown>,
  examples: readonly number[],
  own: readonly OwnInput[],
): Item[] {
  const pictures: Picture[] = [
    ...examples.map((row): Picture => ({ kind: "example", row })),
    ...own.map((one): Picture => ({ kind: "own", own: one })),
  ];
  const named = [
    ...roles.ones.map(({ name }) => [name, values[name]] as const),
    ...(roles.many === null ? [] : asList(values[roles.many]).map((row) => [roles.many, row] as const)),
  ];
  const items: Item[] = [];
  for (const [role, row] of named) {
    const picture = typeof row === "number" ? pictures[row] : undefined;
    if (picture) items.push({ picture, role, weight: null });
  }
  const taken = new Set(items.map(({ picture }) => keyOf(picture)));
  const others = pictures.filter((picture) => !taken.has(keyOf(picture)));
  if (isByOrder(roles)) {
    const all = [...items.map(({ picture }) => picture), ...others];
    return weighted(inOrder(roles, all), roles, values);
  }
  // Where parts may be left out, pictures stand in the job's own order.
  const roleBy = new Map(items.map(({ picture, role }) => [keyOf(picture), role]));
  return pictures.map((picture) => ({ picture, role: roleBy.get(keyOf(picture)) ?? null, weight: null }));
}

/** Parts by place: the first ones one each, the rest together. */
export function inOrder(roles: Roles, pictures: readonly Picture[]): Item[] {
  const ones = roles.ones.filter(({ nullable }) => !nullable);
  return pictures.map((picture, at) => ({ picture, role: ones[at]?.name ?? roles.many, weight: null }));
}

function weighted(items: Item[], roles: Roles, values: Record<string, unknown>): Item[] {
  const shares = roles.blend === null ? [] : asList(values[roles.blend]);
  const mixed = items.filter(({ role }) => role === roles.many);
  if (shares.length === 0 || shares.length !== mixed.length) return items;
  const shareOf = new Map(mixed.map((item, at) => [item, shares[at]]));
  return items.map((item) => {
    const share = shareOf.get(item);
    return typeof share === "number" ? { ...item, weight: share } : item;
  });
}

/** The same items with their parts by place again; shares go with their pictures. */
export function placed(roles: Roles, items: readonly Item[]): Item[] {
  if (!isByOrder(roles)) return [...items];
  const again = inOrder(
    roles,
    items.map(({ picture }) => picture),
  );
  return again.map((item, at) => ({ ...item, weight: items[at]?.weight ?? null }));
}

/** The items with one more picture: at the end, but among examples in their own order where that is kept so far. */
export function withPicture(roles: Roles, items: readonly Item[], picture: Picture): Item[] {
  const item: Item = { picture, role: null, weight: null };
  const rows = items.flatMap((one) => (one.picture.kind === "example" ? [one.picture.row] : []));
  const isSorted = rows.every((row, at) => at === 0 || (rows[at - 1] as number) < row);
  if (isByOrder(roles) || picture.kind === "own" || !isSorted) return placed(roles, [...items, item]);
  const at = rows.filter((row) => row < picture.row).length;
  return [...items.slice(0, at), item, ...items.slice(at)];
}

/** What a request carries for the items: the run's examples first, then pictures of one's own. */
export function compose(roles: Roles, items: readonly Item[]): Composed {
  const unique = [...new Map(items.map(({ picture }) => [keyOf(picture), picture])).values()];
  const examples = unique.flatMap((one) => (one.kind === "example" ? [one.row] : []));
  const own = unique.flatMap((one) => (one.kind === "own" ? [one.own] : []));
  const ordered = [...unique].sort((a, b) => Number(a.kind === "own") - Number(b.kind === "own"));
  const places = new Map(ordered.map((picture, at) => [keyOf(picture), at]));
  const placeOf = (item: Item | undefined) => item && places.get(keyOf(item.picture));
  const params: Record<string, unknown> = {};
  for (const { name } of roles.ones) params[name] = placeOf(items.find((item) => item.role === name));
  const mixed = items.filter(({ role }) => role !== null && role === roles.many);
  if (roles.many !== null) params[roles.many] = mixed.length ? mixed.map(placeOf) : undefined;
  if (roles.blend !== null) {
    const shares = mixed.map(({ weight }) => weight);
    params[roles.blend] = shares.length > 1 && !shares.includes(null) ? shares : undefined;
  }
  return { examples, own, params };
}

/** The items with one moved by a place; undefined where it cannot go there. */
export function moved(roles: Roles, items: readonly Item[], at: number, by: 1 | -1): Item[] | undefined {
  const [one, other] = [items[at], items[at + by]];
  if (!one || !other) return undefined;
  // A request names examples before own pictures: without parts there is no other order.
  if (!isByOrder(roles) && one.picture.kind !== other.picture.kind) return undefined;
  const next = [...items];
  next[at] = other;
  next[at + by] = one;
  return placed(roles, next);
}

/** "content", "style 2": what a picture is for; "" where nothing names it. */
export function roleText(roles: Roles, items: readonly Item[], at: number): string {
  const role = items[at]?.role ?? null;
  if (role === null) return "";
  const words = role.replaceAll("_", " ");
  if (role !== roles.many) return words;
  const alike = items.filter((item) => item.role === role);
  const single = words.replace(/s$/, "");
  return alike.length > 1 ? `${single} ${alike.indexOf(items[at] as Item) + 1}` : single;
}

/** What each picture of a request is for, by its place in the job's own list; "" where nothing names it. */
export function partTexts(roles: Roles, params: Record<string, unknown>, count: number): string[] {
  const many = roles.many === null ? [] : asList(params[roles.many]);
  return Array.from({ length: count }, (_, place) => {
    const ones = roles.ones.filter(({ name }) => params[name] === place).map(({ name }) => name);
    const at = many.indexOf(place);
    const single = roles.many?.replace(/s$/, "") ?? "";
    const one = at < 0 ? [] : [many.length > 1 ? `${single} ${at + 1}` : single];
    return [...ones, ...one].join(", ").replaceAll("_", " ");
  });
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [];
}
