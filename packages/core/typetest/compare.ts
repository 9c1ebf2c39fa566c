/*
 * Compares the type of a wire value as this package has it (`Ours`) with the official SDK's (`Theirs`), and says in
 * words where they differ: `Differences` is a union of sentences, `never` if the types accept the same values.
 *
 * Two things are equal by rule, not by entry in `differences.ts`: unions and vocabularies of ours are open on top of the
 * known members (`Unknown`, `string & {}`), and everything of ours is `readonly`.
 */
import type * as Unknown from "../src/Unknown.ts"

/** Every difference between two types, one sentence each, starting with the path. */
export type Differences<Ours, Theirs, Path extends string> =
  | PrimitiveDifferences<Primitives<Ours>, Primitives<Theirs>, Path>
  | ListDifferences<Lists<Ours>, Lists<Theirs>, Path>
  | ObjectDifferences<Known<Objects<Ours>>, Known<Objects<Theirs>>, Path>

/** The differences because of which a value of theirs would not be understood. */
export type Refusals<Ours, Theirs, Path extends string> = Exclude<
  Differences<Ours, Theirs, Path>,
  `${string} is optional here` | `${string} is not in the SDK`
>

type Primitive = string | number | boolean | bigint | symbol | null | undefined
type Primitives<T> = Extract<T, Primitive>
type Lists<T> = Extract<T, ReadonlyArray<unknown>>
type Objects<T> = Exclude<T, Primitive | ReadonlyArray<unknown>>

type IsNever<T> = [T] extends [never] ? true : false

/* ------------------------------------------------------------------------------------------------------- primitives */

type Literals<T> = T extends unknown ? string extends T ? never : number extends T ? never : T : never
type IsOpen<T> = [T extends unknown ? string extends T ? true : never : never] extends [never] ? false : true

/** A string without a vocabulary. */
type IsAnyString<T> = IsOpen<T> extends true ? IsNever<Extract<Literals<T>, string>> : false

type PrimitiveDifferences<Ours, Theirs, Path extends string> =
  | (IsOpen<Theirs> extends true ? IsOpen<Ours> extends true ? never : `${Path}: any string is missing` : never)
  | (IsAnyString<Ours> extends true ?
      | Missing<Ours, Theirs, Path, string>
      | (IsOpen<Theirs> extends true ? never : `${Path}: any string is not in the SDK`)
    : Missing<Ours, Theirs, Path, never>)
  | (IsOpen<Theirs> extends true ? Extra<Ours, Theirs, Path, string> : Extra<Ours, Theirs, Path, never>)
  | (number extends Extract<Ours, number> ? number extends Extract<Theirs, number> ? never
    : `${Path}: number is not in the SDK`
    : number extends Extract<Theirs, number> ? `${Path}: number is missing`
    : never)

type Missing<Ours, Theirs, Path extends string, Ignored> = Exclude<Literals<Theirs>, Literals<Ours> | Ignored> extends
  infer T extends Primitive ? T extends Primitive ? `${Path}: ${Show<T>} is missing` : never : never

type Extra<Ours, Theirs, Path extends string, Ignored> = Exclude<Literals<Ours>, Literals<Theirs> | Ignored> extends
  infer T extends Primitive ? T extends Primitive ? `${Path}: ${Show<T>} is not in the SDK` : never : never

type Show<T extends Primitive> = T extends string ? `"${T}"` : T extends symbol ? "symbol" : `${Exclude<T, symbol>}`

/* ------------------------------------------------------------------------------------------------------------ lists */

type ListDifferences<Ours, Theirs, Path extends string> = IsNever<Theirs> extends true
  ? IsNever<Ours> extends true ? never : `${Path}: a list is not in the SDK`
  : IsNever<Ours> extends true ? `${Path}: a list is missing`
  : Ours extends ReadonlyArray<infer A> ? Theirs extends ReadonlyArray<infer B> ? Differences<A, B, `${Path}[]`> : never
  : never

/* ---------------------------------------------------------------------------------------------------------- objects */

/** Without the variants for unknown tags. */
type Known<T> = T extends { readonly type: Unknown.Tag } | { readonly name: Unknown.Tag } ? never : T

/** The property that tells the members of a union apart: `name` only for the configurations of built-in tools. */
type TagKey<Ours> = [Ours] extends [{ readonly type: string }] ? "type" : "name"

type Tags<T, Key extends string> = T extends { readonly [K in Key]: infer Tag extends string } ? Tag : never

type WithTag<T, Key extends string, Tag> = T extends { readonly [K in Key]: infer Tags } ? Tag extends Tags ? T : never
  : never

type IsUnion<T, U = T> = T extends unknown ? [U] extends [T] ? false : true : never

type ObjectDifferences<Ours, Theirs, Path extends string> = IsNever<Theirs> extends true
  ? IsNever<Ours> extends true ? never : `${Path}: an object is not in the SDK`
  : IsNever<Ours> extends true ? `${Path}: an object is missing`
  : true extends IsUnion<Ours> | IsUnion<Theirs> ? UnionDifferences<Ours, Theirs, Path, TagKey<Ours>>
  : StructDifferences<Ours, Theirs, Path>

type UnionDifferences<Ours, Theirs, Path extends string, Key extends string> =
  | `${Path}: ${Key} "${Exclude<Tags<Theirs, Key>, Tags<Ours, Key>>}" is missing`
  | `${Path}: ${Key} "${Exclude<Tags<Ours, Key>, Tags<Theirs, Key>>}" is not in the SDK`
  | {
    [Tag in Extract<Tags<Theirs, Key>, Tags<Ours, Key>>]: StructDifferences<
      Omit_<WithTag<Ours, Key, Tag>, Key>,
      Omit_<WithTag<Theirs, Key, Tag>, Key>,
      `${Path}<${Tag}>`
    >
  }[Extract<Tags<Theirs, Key>, Tags<Ours, Key>>]

/** Like `Omit`, but keeps modifiers and an index signature. */
type Omit_<T, Key extends string> = { [K in keyof T as K extends Key ? never : K]: T[K] }

type Names<T> = keyof { [K in keyof T as string extends K ? never : number extends K ? never : K]: never } & string

type OptionalNames<T> = { [K in Names<T> & keyof T]-?: {} extends Pick<T, K> ? K : never }[Names<T> & keyof T]

type Index<T> = string extends keyof T ? T[string & keyof T] : never

type StructDifferences<Ours, Theirs, Path extends string> =
  | `${Path}.${Exclude<Names<Theirs>, Names<Ours>>} is missing`
  | `${Path}.${Exclude<Names<Ours>, Names<Theirs>>} is not in the SDK`
  | `${Path}.${Extract<Exclude<OptionalNames<Ours>, OptionalNames<Theirs>>, Names<Theirs>>} is optional here`
  | `${Path}.${Extract<Exclude<OptionalNames<Theirs>, OptionalNames<Ours>>, Names<Ours>>} is required here`
  | {
    [K in Names<Ours> & Names<Theirs>]: Differences<
      Exclude<Ours[K & keyof Ours], undefined>,
      Exclude<Theirs[K & keyof Theirs], undefined>,
      `${Path}.${K}`
    >
  }[Names<Ours> & Names<Theirs>]
  | (IsNever<Index<Ours>> extends true ? IsNever<Index<Theirs>> extends true ? never : `${Path}: other keys is missing`
    : IsNever<Index<Theirs>> extends true ? `${Path}: other keys is not in the SDK`
    : Differences<Index<Ours>, Index<Theirs>, `${Path}[key]`>)

/* ----------------------------------------------------------------------------------------------------------- closed */

/** A type without what our unions and vocabularies are open for, and mutable: what an SDK may be handed. */
export type Closed<T> = ClosedString<Extract<T, string>> | ClosedOther<Exclude<T, string>>
type ClosedString<T extends string> = [OnlyLiterals<T>] extends [never] ? T : OnlyLiterals<T>
type OnlyLiterals<T extends string> = T extends unknown ? string extends T ? never : T : never
type ClosedOther<T> = T extends { readonly type: Unknown.Tag } | { readonly name: Unknown.Tag } ? never
  : T extends ReadonlyArray<infer A> ? Array<Closed<A>>
  : T extends object ? { -readonly [K in keyof T]: Closed<Exclude<T[K], undefined>> }
  : T
