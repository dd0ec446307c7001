import { defineConfig } from "vite";

// Not library mode: TensorBoard imports one fixed module, `static/index.js`, and calls its `render()`.
export default defineConfig({
  base: "./",
  build: {
    target: "es2022",
    outDir: "../tb_cnnviz/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    rolldownOptions: {
      input: { index: "src/app/index.tsx" },
      preserveEntrySignatures: "strict",
      output: {
        entryFileNames: "[name].js",
        chunkFileNames: "[name]-[hash].js",
        assetFileNames: "[name]-[hash][extname]",
      },
    },
  },
});
