/** The style sheet of this folder, for the views that show its components. */

import css from "./results.css?inline";
import trustCss from "./trust.css?inline";

export const resultStyles = css + trustCss;
