/** Version of this package, told to the broker in every hello. */
export const VERSION = "0.1.0";
