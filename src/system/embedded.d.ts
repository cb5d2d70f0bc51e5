/** Resolved by scripts/build.ts: the path of the embedded native engine inside the executable. */
declare module 'udocker:engine' {
  const path: string;
  export default path;
}
