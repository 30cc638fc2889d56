// Builds dist/: ESM and types with tsc, then CommonJS, its types, and the browser bundle.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));

rmSync(here("dist"), { recursive: true, force: true });
execFileSync(process.execPath, [here("node_modules/typescript/bin/tsc"), "-p", here("tsconfig.json")], {
  stdio: "inherit",
});

const common = { entryPoints: [here("src/index.ts")], bundle: true, target: "es2022", sourcemap: true };
await build({ ...common, format: "cjs", platform: "neutral", outfile: here("dist/index.cjs") });
await build({ ...common, format: "esm", platform: "browser", minify: true, outfile: here("dist/rejoin.min.js") });

// A CommonJS importer may not be given ESM types: the same declarations, under names that say CommonJS.
for (const file of readdirSync(here("dist")).filter((name) => name.endsWith(".d.ts"))) {
  const types = readFileSync(here(`dist/${file}`), "utf8");
  const commonJs = types.replace(/(from\s+"\.\/[^"]+)\.js"/g, '$1.cjs"');
  writeFileSync(here(`dist/${file.replace(/\.d\.ts$/, ".d.cts")}`), commonJs);
}
