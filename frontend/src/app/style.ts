/** Adds a style sheet as text: TensorBoard serves the page's HTML, so there is no place for links. */
export function addStyle(css: string): void {
  const element = document.createElement("style");
  element.textContent = css;
  document.head.append(element);
}
