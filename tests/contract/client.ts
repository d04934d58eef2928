/** Asks a server for records with the types that openapi-typescript makes of its document: `node client.js URL`. */

import { argv } from "node:process";

import createClient from "openapi-fetch";

import type { components, paths } from "./talbuk.js";

const client = createClient<paths>({ baseUrl: argv[2] ?? "http://127.0.0.1:8000" });

const one = await client.GET("/v1/defectors/{slug}", { params: { path: { slug: "thae-yong-ho" } } });
if (one.error) throw new Error(one.error.detail);
// Any member but id and url can be left out by `fields`, so that each is optional.
const status: components["schemas"]["Verdict"]["status"] | undefined = one.data.standing?.any.status;
const says: string | undefined = one.data.claims?.[0]?.says;
// @ts-expect-error: there is no such policy, so that a type that lets everything by does not compile
one.data.standing?.nobody;
if (status !== "confirmed" || !says) throw new Error(`unexpected: ${status}, ${says}`);

const list = await client.GET("/v1/defectors", { params: { query: { status: ["denied", "doubted"], limit: 1 } } });
if (list.error) throw new Error(list.error.detail);
if (typeof list.data === "string") throw new Error("a text is what lists are in NDJSON and CSV");
const [first] = list.data.data;
if (!first || list.data.meta.count !== 1 || !list.data.links.next) throw new Error(JSON.stringify(list.data));

const none = await client.GET("/v1/defectors/{slug}", { params: { path: { slug: "nobody" } } });
if (none.error?.status !== 404) throw new Error(JSON.stringify(none));

console.log(`TypeScript: ${one.data.name} is ${status}: ${says}`);
