package io.rejoin.config;

/** How clients prove who they are. */
enum AuthMode {
    /** Not at all: everybody is let in, for local trials. */
    ANONYMOUS,
    /** By a signed token. */
    JWT,
    /** A hook decides. */
    HOOK
}
