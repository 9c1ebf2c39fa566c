/*
 * Everything that goes over the wire, as this package has it and as an official SDK has it.
 *
 * The SDK's side is taken from the methods of its client, not from names of its types, so that what a new SDK version
 * lets them take or return is compared without a change here.
 */
import type * as Event from "../src/Event.ts"
import type * as Page from "../src/Page.ts"
import type * as Resource from "../src/Resource.ts"
import type * as Session from "../src/Session.ts"
import type * as Thread from "../src/Thread.ts"

// the constraint only has to let `Pairs` index an SDK's types; what the methods take and return is the SDK's business
type Method = (...args: Array<any>) => any

/** The part of an SDK's client with the nineteen calls. */
export interface Sdk {
  readonly create: Method
  readonly list: Method
  readonly retrieve: Method
  readonly update: Method
  readonly delete: Method
  readonly archive: Method
  readonly events: { readonly list: Method; readonly send: Method; readonly stream: Method }
  readonly resources: {
    readonly add: Method
    readonly list: Method
    readonly retrieve: Method
    readonly update: Method
    readonly delete: Method
  }
  readonly threads: {
    readonly list: Method
    readonly retrieve: Method
    readonly archive: Method
    readonly events: { readonly list: Method; readonly stream: Method }
  }
}

/** What a method answers, without what the SDK adds from the headers of the response. */
export type Result<M extends Method> = Body<Awaited<ReturnType<M>>>

type Body<A> = A extends object ? { [K in keyof A as K extends "_request_id" | "_workspace_id" ? never : K]: A[K] } : A

/** What of a method's parameters goes into the query or the body, not into the path or a header. */
type Params<P> = { [K in keyof P as K extends "betas" | "workspace_id" | "session_id" ? never : K]: P[K] }

export type First<M extends Method> = Params<NonNullable<Parameters<M>[0]>>
export type Second<M extends Method> = Params<NonNullable<Parameters<M>[1]>>

export type PageOf<M extends Method> = Pick<Result<M>, Extract<keyof Result<M>, "data" | "next_page" | "prev_page">>

export type EventOf<M extends Method> = Awaited<ReturnType<M>> extends AsyncIterable<infer A> ? A : never

type ListedEvent<S extends Sdk> = PageOf<S["events"]["list"]> extends { readonly data: ReadonlyArray<infer A> } ? A
  : never

/** Per value: ours, then theirs. */
export interface Pairs<S extends Sdk> {
  readonly Session: [typeof Session.Session.Encoded, Result<S["retrieve"]>]
  readonly SessionPage: [Omit<Page.Page<unknown>, "data">, Omit<PageOf<S["list"]>, "data">]
  readonly DeletedSession: [typeof Session.DeletedSession.Encoded, Result<S["delete"]>]
  readonly CreateSession: [typeof Session.CreateParams.Encoded, First<S["create"]>]
  readonly UpdateSession: [typeof Session.UpdateParams.Encoded, Second<S["update"]>]
  readonly ListSessions: [typeof Session.ListParams.Encoded, First<S["list"]>]
  readonly Event: [typeof Event.Event.Encoded, ListedEvent<S>]
  readonly EventPage: [Omit<Page.Page<unknown>, "data">, Omit<PageOf<S["events"]["list"]>, "data">]
  // streams carry the events of the list and more: only what is more has to be compared
  readonly StreamEvent: [
    Exclude<typeof Event.StreamEvent.Encoded, typeof Event.Event.Encoded>,
    Exclude<EventOf<S["events"]["stream"]>, ListedEvent<S>>
  ]
  readonly ListEvents: [typeof Event.ListParams.Encoded, Second<S["events"]["list"]>]
  readonly SendEvents: [typeof Event.SendParams.Encoded, Second<S["events"]["send"]>]
  readonly SentEvents: [typeof Event.SendResponse.Encoded, Result<S["events"]["send"]>]
  readonly StreamEvents: [typeof Event.StreamParams.Encoded, Second<S["events"]["stream"]>]
  readonly Resource: [typeof Resource.Resource.Encoded, Result<S["resources"]["retrieve"]>]
  readonly AddedResource: [typeof Resource.FileResource.Encoded, Result<S["resources"]["add"]>]
  readonly DeletedResource: [typeof Resource.DeletedResource.Encoded, Result<S["resources"]["delete"]>]
  readonly AddResource: [typeof Resource.FileParams.Encoded, Second<S["resources"]["add"]>]
  readonly UpdateResource: [typeof Resource.UpdateParams.Encoded, Second<S["resources"]["update"]>]
  readonly ListResources: [typeof Resource.ListParams.Encoded, Second<S["resources"]["list"]>]
  readonly ResourcePage: [Omit<Page.Page<unknown>, "data">, Omit<PageOf<S["resources"]["list"]>, "data">]
  readonly Thread: [typeof Thread.Thread.Encoded, Result<S["threads"]["retrieve"]>]
  readonly ListThreads: [typeof Thread.ListParams.Encoded, Second<S["threads"]["list"]>]
  readonly ThreadPage: [Omit<Page.Page<unknown>, "data">, Omit<PageOf<S["threads"]["list"]>, "data">]
  readonly ThreadStreamEvent: [
    Exclude<typeof Event.ThreadStreamEvent.Encoded, typeof Event.Event.Encoded>,
    Exclude<EventOf<S["threads"]["events"]["stream"]>, ListedEvent<S>>
  ]
  readonly ListThreadEvents: [typeof Event.ThreadListParams.Encoded, Second<S["threads"]["events"]["list"]>]
  readonly StreamThreadEvents: [typeof Event.StreamParams.Encoded, Second<S["threads"]["events"]["stream"]>]
}
