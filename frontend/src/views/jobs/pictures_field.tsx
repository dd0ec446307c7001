/** Which pictures a job looks at, in which order and for what: chosen, dropped, pasted, or taken from a result. */

import { batch } from "@preact/signals";
import { useEffect, useId, useState } from "preact/hooks";
import type { MethodCard } from "../../api/types";
import { isResult, type OwnInput } from "../../state/own_inputs";
import type { Sources } from "../../ui/form/sources";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { fitted } from "../records/examples";
import type { ViewProps } from "../view";
import { filesOf, PictureShelf, readFiles, useShelfTab } from "./picture_shelf";
import {
  compose,
  type Item,
  isByOrder,
  itemsOf,
  keyOf,
  moved,
  type Picture,
  placed,
  type Roles,
  roleNames,
  rolesOf,
  roleText,
  withPicture,
} from "./roles";
import type { DraftState } from "./use_draft";
import { Small } from "./waiting_list";

interface Props extends ViewProps {
  state: DraftState;
  roles: Roles;
  sources: Sources;
  refusal: string | undefined;
}

const THUMB = 24;

export function PicturesField({ store, client, state, roles, sources, refusal }: Props) {
  const id = useId();
  const [trouble, setTrouble] = useState("");
  const [isOpened, open] = useState(false);
  const { draft, card, values, update } = state;
  const own = store.ownInputs.value;
  const items = itemsOf(roles, values, draft.examples, own);
  const chosen = items.map(({ picture }) => picture);
  const [tab, setTab] = useShelfTab(chosen, sources);
  const most = store.session.value?.max_inputs ?? 0;
  const set = (next: readonly Item[]): void => {
    const composed = compose(roles, next);
    const kept = Object.entries({ ...draft.params, ...composed.params }).filter(
      ([, value]) => value !== undefined,
    );
    batch(() => {
      store.ownInputs.value = composed.own.slice(0, most);
      update({ examples: composed.examples, params: Object.fromEntries(kept) });
    });
    setTrouble("");
  };
  const press = (picture: Picture): void => {
    const others = items.filter((item) => keyOf(item.picture) !== keyOf(picture));
    if (others.length < items.length) set(placed(roles, others));
    else if (picture.kind === "own" && own.length >= most)
      setTrouble(`At most ${most} own pictures go with a job`);
    else set(withPicture(roles, items, picture));
  };
  const take = async (files: readonly File[]): Promise<void> => {
    const read = await readFiles(store, files, most - store.ownInputs.peek().length);
    const held = store.ownInputs.peek();
    const fresh = read.pictures.filter((one) => !held.some((other) => other.url === one.url));
    if (fresh.length > 0) {
      set(fresh.reduce((all, one) => withPicture(roles, all, { kind: "own", own: one }), items));
      setTab("own");
    }
    setTrouble(read.trouble);
  };
  usePaste(take);
  const wrong = trouble || refusal;
  // A method that needs no pictures may take some: to begin with, or to be compared with.
  const isOpen = isOpened || card.needs_examples || items.length > 0;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: dropping is one way, the button for files the other
    <div
      class="f-row tall pictures-field"
      onDragOver={(event) => event.preventDefault()}
      onDrop={(event) => {
        event.preventDefault();
        void take(filesOf(event.dataTransfer));
      }}
    >
      <div class="row">
        <span class="f-label" id={id}>
          Pictures
        </span>
        <span class="cap grow r" id={`${id}-said`}>
          {chosenText(card, draft.examples.length, own, sources.examples.length)}
        </span>
        {!isOpen && (
          <button type="button" class="btn q" onClick={() => open(true)}>
            Choose …
          </button>
        )}
      </div>
      <div class="f-control" aria-describedby={`${id}-said`}>
        {items.length > 0 && <Chosen items={items} roles={roles} sources={sources} set={set} />}
        {isOpen && (
          <PictureShelf
            {...{ store, client, sources, chosen, press, tab }}
            onTab={setTab}
            take={(files) => void take(files)}
            isFull={own.length >= most}
          />
        )}
        <div class="f-wrong bad" aria-live="polite">
          {wrong && `▲ ${wrong}`}
        </div>
      </div>
    </div>
  );
}

/** What the choice means; nothing chosen is a choice as well. */
export function chosenText(
  card: MethodCard,
  examples: number,
  given: readonly OwnInput[],
  all: number,
): string {
  const parts = [];
  const results = given.filter(isResult).length;
  const own = given.length - results;
  if (examples > 0) parts.push(`${examples} of ${all} examples`);
  if (own > 0) parts.push(own === 1 ? "1 own picture" : `${own} own pictures`);
  if (results > 0) parts.push(results === 1 ? "1 result" : `${results} results`);
  if (parts.length > 0) return parts.join(", ");
  if (!card.needs_examples) return "none chosen: it needs none";
  if (isByOrder(rolesOf(card.schema))) return "none chosen: the first examples";
  return all === 1 ? "the one example" : `none chosen: all ${all} examples`;
}

interface ChosenProps {
  items: readonly Item[];
  roles: Roles;
  sources: Sources;
  set: (items: readonly Item[]) => void;
}

/** The chosen ones in their order, with what each is for. */
function Chosen({ items, roles, sources, set }: ChosenProps) {
  const optional = roleNames(roles).filter(() => !isByOrder(roles));
  return (
    <ol class="chosen-pictures" aria-label="Chosen pictures, in order">
      {items.map((item, at) => {
        const name = nameOf(item.picture, sources);
        const part = roleText(roles, items, at);
        const [up, down] = [moved(roles, items, at, -1), moved(roles, items, at, 1)];
        return (
          <li key={`${item.role} ${keyOf(item.picture)}`}>
            <Thumb picture={item.picture} sources={sources} />
            <span class="clip grow" title={name}>
              {name}
            </span>
            {isByOrder(roles) && <b class="cap nowrap">{part}</b>}
            {optional.length > 0 && (
              <RoleChoice
                label={`What ${name} is for`}
                roles={optional}
                role={item.role}
                onChoose={(role) => set(items.map((one, other) => withRole(one, other === at, role)))}
              />
            )}
            {items.length > 1 && (
              <>
                <Small label={`${name}: up`} text="↑" off={!up} press={() => up && set(up)} />
                <Small label={`${name}: down`} text="↓" off={!down} press={() => down && set(down)} />
              </>
            )}
            <Small
              label={`${name}: take out`}
              text="×"
              press={() =>
                set(
                  placed(
                    roles,
                    items.filter((_, other) => other !== at),
                  ),
                )
              }
            />
          </li>
        );
      })}
    </ol>
  );
}

/** One picture has the part, and no other. */
function withRole(item: Item, isIt: boolean, role: string | null): Item {
  if (isIt) return { ...item, role };
  return role !== null && item.role === role ? { ...item, role: null } : item;
}

interface RoleChoiceProps {
  label: string;
  roles: readonly string[];
  role: string | null;
  onChoose: (role: string | null) => void;
}

function RoleChoice({ label, roles, role, onChoose }: RoleChoiceProps) {
  return (
    <span class="sel caret">
      <select
        aria-label={label}
        value={role ?? ""}
        onChange={(event) => onChoose(event.currentTarget.value || null)}
      >
        <option value="">picture</option>
        {roles.map((one) => (
          <option key={one} value={one}>
            {one.replaceAll("_", " ")}
          </option>
        ))}
      </select>
    </span>
  );
}

export function nameOf(picture: Picture, sources: Sources): string {
  if (picture.kind === "own") return picture.own.name;
  return `example ${sources.examples[picture.row]?.title ?? picture.row}`;
}

/** 24 px square. */
function Thumb({ picture, sources }: { picture: Picture; sources: Sources }) {
  if (picture.kind === "own")
    return <img class="job-thumb" src={picture.own.url} alt="" width={THUMB} height={THUMB} />;
  const pixels = sources.examples[picture.row]?.pixels;
  return (
    <span class="job-thumb" style={{ width: `${THUMB}px`, height: `${THUMB}px` }}>
      {pixels && <PixelCanvas {...pixels} size={fitted(pixels, THUMB)} label="" />}
    </span>
  );
}

/** A picture in the clipboard is taken wherever the keyboard is: nothing else here takes one. */
function usePaste(take: (files: readonly File[]) => Promise<void>): void {
  useEffect(() => {
    const paste = (event: ClipboardEvent): void => {
      const files = filesOf(event.clipboardData);
      if (files.length === 0) return;
      event.preventDefault();
      void take(files);
    };
    document.addEventListener("paste", paste);
    return () => document.removeEventListener("paste", paste);
  });
}
