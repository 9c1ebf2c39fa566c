#!/usr/bin/env node
import { main } from "./main.ts"

process.stderr.write("managed-agents-conformance is another name of: managed-agents conformance\n")
main(["conformance", ...process.argv.slice(2)])
