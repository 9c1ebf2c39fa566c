#!/usr/bin/env node
import { main } from "./main.ts"

process.stderr.write("managed-agents-simulator is another name of: managed-agents dev\n")
main(["dev", ...process.argv.slice(2)])
