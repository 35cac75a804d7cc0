// Checks a Dockerfile: node dockerfile.mjs '{"file":"..."}'. Prints one JSON object for each fault, and nothing for a good file.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { settings } from "./settings.mjs";

const { validate, ValidationSeverity } = createRequire(import.meta.url)("dockerfile-utils");
const problem = ValidationSeverity.WARNING;
const found = validate(readFileSync(settings.file, "utf8"), {
  deprecatedMaintainer: problem,
  directiveCasing: problem,
  emptyContinuationLine: problem,
  instructionCasing: problem,
  instructionCmdMultiple: problem,
  instructionEntrypointMultiple: problem,
  instructionHealthcheckMultiple: problem,
  instructionJSONInSingleQuotes: problem,
  instructionWorkdirRelative: problem,
});
for (const fault of found) console.log(JSON.stringify({ line: fault.range.start.line + 1, message: fault.message }));
