package io.rejoin.cluster;

/**
 * The cluster is in no state to give a true answer: too few copies or no majority. Nothing changed; try again.
 *
 * <p>Has no stack trace, because it is an expected answer of the data path.
 */
final class ClusterStateException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    ClusterStateException(String message) {
        super(message, null, false, false);
    }
}
