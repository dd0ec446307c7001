/** Adds a style sheet as text: TensorBoard serves the page's HTML, so there is no place for links. */
export function addStyle(css: string): HTMLStyleElement {
  const element = document.createElement("style");
  element.textContent = css;
  document.head.append(element);
  return element;
}

let ofView: HTMLStyleElement | undefined;

/**
 * The sheet of the view on show takes the place of the one before: views name their parts freely, and one looks the
 * same whichever was visited before it. Called before the view is drawn.
 */
export function showStyle(css: string): void {
  ofView ??= addStyle("");
  if (ofView.textContent !== css) ofView.textContent = css;
}
