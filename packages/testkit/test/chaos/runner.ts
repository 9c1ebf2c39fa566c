/** The program of a runner. */
import { launch } from "./launch.ts"

launch(process.argv[2])
