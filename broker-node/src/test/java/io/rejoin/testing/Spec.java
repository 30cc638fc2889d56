package io.rejoin.testing;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Items of {@code docs/protocol.md} that a test shows to hold.
 *
 * <p>On a type it stands for all its tests together. Ids are written as literals, since coverage is counted in the
 * sources.
 */
@Documented
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
public @interface Spec {

    /** Ids of items, such as {@code RM-3}. */
    String[] value();
}
