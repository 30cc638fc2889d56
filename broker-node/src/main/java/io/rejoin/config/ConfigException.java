package io.rejoin.config;

import java.util.List;

/** Settings with which a node does not start. The faults are all there are, one line each. */
public final class ConfigException extends Exception {

    private final transient List<String> faults;

    /**
     * Reports faults.
     *
     * @param faults at least one; each names the key, its value and source, and what was expected
     */
    public ConfigException(List<String> faults) {
        super(String.join("\n", faults));
        this.faults = List.copyOf(faults);
    }

    /** One line per fault. */
    public List<String> faults() {
        return faults;
    }
}
