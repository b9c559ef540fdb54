/** The parts of a pet that change independently of one another. */
export type FacetName =
  'system' | 'exposure' | 'storage' | 'limits' | 'secrets' | 'health' | 'meta' | 'power' | 'container';

/** One facet's fields. Absent: the default, or not known. `null`: known to be nothing. */
export type Facet = Readonly<Record<string, string | null>>;

export type Facets = Readonly<Partial<Record<FacetName, Facet>>>;

/** In a facet: what could not be read. No field has this value otherwise. */
export const UNKNOWN = 'unknown:';
