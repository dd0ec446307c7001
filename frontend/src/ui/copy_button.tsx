/** Buttons that give a panel away: its link, its Python, its picture with a caption. */

import { useEffect, useState } from "preact/hooks";
import { captioned } from "../draw/captioned";
import { copyPicture, copyText } from "./clipboard";

const THANKS_MS = 1600;

interface Props {
  label: string;
  title: string;
  /** Does the copying; its answer is shown for a moment ("Copied"). */
  copy: () => Promise<string>;
}

export function CopyButton({ label, title, copy }: Props) {
  const [said, setSaid] = useState<string | null>(null);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), THANKS_MS);
    return () => clearTimeout(timer);
  }, [said]);
  const click = (): void => {
    copy().then(setSaid, (error: unknown) => setSaid(error instanceof Error ? error.message : "Failed"));
  };
  return (
    <button type="button" class="btn q" title={title} onClick={click}>
      {label}
      <span class="said" role="status">
        {said}
      </span>
    </button>
  );
}

export function CopyLink({ link }: { link: () => string }) {
  const copy = () => copyText(link()).then(() => "Copied");
  return <CopyButton label="Link" title="Copy a link to just this" copy={copy} />;
}

export function CopyPython({ python }: { python: () => Promise<string> }) {
  const copy = async () => {
    await copyText(await python());
    return "Copied";
  };
  return <CopyButton label="Python" title="Copy the lines that load the same arrays" copy={copy} />;
}

interface PictureProps {
  /** The picture without caption; null when there is none yet. */
  picture: () => HTMLCanvasElement | null;
  caption: () => string;
}

export function CopyPicture({ picture, caption }: PictureProps) {
  const copy = async () => {
    const canvas = picture();
    if (!canvas) throw new Error("Nothing drawn yet");
    const name = caption().replaceAll(/[^\w.-]+/g, "_");
    return (await copyPicture(captioned(canvas, caption()), `${name}.png`)) === "copied" ? "Copied" : "Saved";
  };
  return <CopyButton label="Picture" title="Copy the picture with its caption" copy={copy} />;
}
