/** Entry: TensorBoard imports this module and calls `render()`. */

export async function render(): Promise<void> {}
