package io.rejoin.config;

/** How clients prove who they are. */
public enum AuthMode {
    /** Not at all: everybody is let in, for local trials. */
    ANONYMOUS
}
