import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";
import { defineConfig } from "vitest/config";

const FIRST_LOAD_KB = 130;
const TOTAL_KB = 250;

type Bundle = Rolldown.OutputBundle;

function gzipBytes(content: string | Uint8Array): number {
  return gzipSync(content, { level: 9 }).length;
}

/** Gzip sizes of all files of the build, those of public/ included. */
function sizesOf(bundle: Bundle, publicDir: string): Map<string, number> {
  const built = Object.values(bundle).map((file): [string, number] => [
    file.fileName,
    gzipBytes(file.type === "chunk" ? file.code : file.source),
  ]);
  const copied = readdirSync(publicDir).map((name): [string, number] => [
    name,
    gzipBytes(readFileSync(join(publicDir, name))),
  ]);
  return new Map([...built, ...copied]);
}

/** All files that a browser loads with a chunk: itself, what it imports statically, and their styles. */
function filesOf(bundle: Bundle, fileName: string, found = new Set<string>()): Set<string> {
  const chunk = bundle[fileName];
  if (found.has(fileName) || chunk === undefined) return found;
  found.add(fileName);
  if (chunk.type === "chunk") {
    for (const css of chunk.viteMetadata?.importedCss ?? []) found.add(css);
    for (const imported of chunk.imports) filesOf(bundle, imported, found);
  }
  return found;
}

/** The page, public/ and the files of the entry together with the heaviest page it can open first. */
function firstLoad(bundle: Bundle, sizes: Map<string, number>): { bytes: number; page: string } {
  const sum = (files: Set<string>) => [...files].reduce((bytes, name) => bytes + (sizes.get(name) ?? 0), 0);
  const chunks = Object.values(bundle).filter((file) => file.type === "chunk");
  const entry = new Set([...sizes.keys()].filter((name) => !name.startsWith("assets/")));
  for (const chunk of chunks.filter((file) => file.isEntry)) filesOf(bundle, chunk.fileName, entry);
  const pages = chunks.filter((file) => file.isEntry).flatMap((file) => file.dynamicImports);
  let heaviest = { bytes: sum(entry), page: "none" };
  for (const page of pages) {
    const bytes = sum(filesOf(bundle, page, new Set(entry)));
    if (bytes > heaviest.bytes) heaviest = { bytes, page };
  }
  return heaviest;
}

/** Prints the gzip size of each file and fails the build above the budget: the dashboard opens on slow links too. */
function sizeBudget(): Plugin {
  let publicDir = "";
  return {
    name: "size-budget",
    apply: "build",
    enforce: "post",
    configResolved(config) {
      publicDir = config.publicDir;
    },
    generateBundle: {
      order: "post",
      handler(_options, bundle) {
        const sizes = sizesOf(bundle, publicDir);
        const lines = [...sizes].map(([name, bytes]) => `  ${(bytes / 1000).toFixed(1).padStart(6)} kB  ${name}`);
        const first = firstLoad(bundle, sizes);
        const total = [...sizes.values()].reduce((sum, bytes) => sum + bytes, 0);
        const verdict =
          `gzip: first load ${(first.bytes / 1000).toFixed(1)} of ${FIRST_LOAD_KB} kB (heaviest page: ${first.page}), ` +
          `total ${(total / 1000).toFixed(1)} of ${TOTAL_KB} kB`;
        this.info(`\n${lines.join("\n")}\n${verdict}`);
        if (first.bytes > FIRST_LOAD_KB * 1000 || total > TOTAL_KB * 1000)
          this.error(`Over the size budget. ${verdict}`);
      },
    },
  };
}

const hub = `http://127.0.0.1:${process.env.HUB_HTTP_PORT ?? "8000"}`;
/** `rewriteWsOrigin`: the hub takes its cookie only from its own origin. */
const proxied = { target: hub, changeOrigin: true, ws: true, rewriteWsOrigin: true };

export default defineConfig({
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  plugins: [sizeBudget()],
  server: { proxy: Object.fromEntries(["/api", "/ws", "/events", "/health"].map((path) => [path, proxied])) },
  build: {
    outDir: "../hub/static",
    emptyOutDir: true,
    target: "es2022",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  test: {
    include: ["src/**/*.test.{ts,tsx}"],
    environment: "node",
    coverage: {
      provider: "v8",
      include: ["src/client/**/*.ts", "src/state/**/*.ts"],
      exclude: ["**/*.test.ts", "**/testing/**"],
      reporter: [["text", { skipFull: true }]],
      reportsDirectory: "node_modules/.coverage",
      thresholds: { branches: 100, functions: 100, lines: 100, statements: 100 },
    },
  },
});
