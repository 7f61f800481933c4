/** Conditions on the data of an event (docs/protocol.md, "Conditions"): their type, and whether they hold. */

import type { Scalar } from "./protocol.ts";

export type Literal = Scalar | null;

/** One key against a value. */
export type Comparison =
  | { key: string; op: "eq" | "neq" | "contains"; value: Literal }
  | { key: string; op: "gt" | "gte" | "lt" | "lte"; value: number | string }
  | { key: string; op: "in" | "nin"; value: readonly Literal[] }
  | { key: string; op: "starts" | "ends"; value: string }
  | { key: string; op: "exists"; value?: boolean };

export type Predicate = Comparison | { and: readonly Predicate[] } | { or: readonly Predicate[] } | { not: Predicate };

type Data = Record<string, unknown>;

/** Whether a condition that the hub takes holds for data, as the hub itself would say. */
export function holds(predicate: Predicate, data: Data): boolean {
  if ("and" in predicate) return predicate.and.every((each) => holds(each, data));
  if ("or" in predicate) return predicate.or.some((each) => holds(each, data));
  if ("not" in predicate) return !holds(predicate.not, data);
  return compares(predicate, lookUp(data, predicate.key));
}

/** The keys of data at its top level that a condition may look at. */
export function keysOf(predicate: Predicate): string[] {
  if ("and" in predicate) return predicate.and.flatMap(keysOf);
  if ("or" in predicate) return predicate.or.flatMap(keysOf);
  if ("not" in predicate) return keysOf(predicate.not);
  const [head = ""] = predicate.key.split(".", 1);
  return [predicate.key, head];
}

/** The value of a key; undefined where it is not there. With dots it is first that very key, then a way through objects. */
function lookUp(data: unknown, key: string): unknown {
  if (typeof data !== "object" || data === null || Array.isArray(data)) return undefined;
  if (Object.hasOwn(data, key)) return (data as Data)[key];
  const dot = key.indexOf(".");
  const head = key.slice(0, dot);
  return dot < 0 || !Object.hasOwn(data, head) ? undefined : lookUp((data as Data)[head], key.slice(dot + 1));
}

function compares(comparison: Comparison, value: unknown): boolean {
  switch (comparison.op) {
    case "exists":
      return (value !== undefined) === (comparison.value ?? true);
    case "eq":
      return value === comparison.value;
    case "neq":
      return outside([comparison.value], value);
    case "in":
      return comparison.value.some((literal) => literal === value);
    case "nin":
      return outside(comparison.value, value);
    case "contains":
      return contains(value, comparison.value);
    case "starts":
      return typeof value === "string" && value.startsWith(comparison.value);
    case "ends":
      return typeof value === "string" && value.endsWith(comparison.value);
    default:
      return ordered(comparison.op, value, comparison.value);
  }
}

function isOfType(value: unknown, literal: Literal): boolean {
  return literal === null ? value === null : typeof value === typeof literal;
}

function outside(literals: readonly Literal[], value: unknown): boolean {
  return literals.some((literal) => isOfType(value, literal)) && !literals.some((literal) => literal === value);
}

function contains(value: unknown, literal: Literal): boolean {
  if (typeof value === "string") return typeof literal === "string" && value.includes(literal);
  return Array.isArray(value) && value.some((element) => element === literal);
}

function ordered(op: "gt" | "gte" | "lt" | "lte", value: unknown, bound: number | string): boolean {
  let order: number;
  if (typeof value === "number" && typeof bound === "number") order = value - bound;
  else if (typeof value === "string" && typeof bound === "string") order = byCodePoint(value, bound);
  else return false;
  if (op === "gt") return order > 0;
  if (op === "gte") return order >= 0;
  return op === "lt" ? order < 0 : order <= 0;
}

/** Strings compare by UTF-16 in JavaScript; the hub compares by code point. */
function byCodePoint(a: string, b: string): number {
  const [left, right] = [codePoints(a), codePoints(b)];
  const at = left.findIndex((point, i) => point !== right[i]);
  const [point, other] = [left[at], right[at]];
  return point === undefined || other === undefined ? left.length - right.length : point - other;
}

function codePoints(text: string): number[] {
  return Array.from(text, (character) => Number(character.codePointAt(0)));
}
