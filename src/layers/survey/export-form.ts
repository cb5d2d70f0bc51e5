/** The two forms in which a container can be exported. */
export type ExportForm =
  /** Its files and nothing else, for every program: `docker export`. */
  | { readonly kind: 'tree' }
  /** Its whole directory, for udocker: the root below ROOT/, these small files, and the list of owners at the end. */
  | {
      readonly kind: 'container';
      readonly files: readonly { readonly name: string; readonly text: string }[];
    };

/** Where the root is in the second form, and what the list of owners is called there. */
export const rootMember = 'ROOT';
export const ownersMember = 'owners';
