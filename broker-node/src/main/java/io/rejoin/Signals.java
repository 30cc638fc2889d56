package io.rejoin;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.function.IntConsumer;

/**
 * Signals of the operating system.
 *
 * <p>The JVM's own way, shutdown hooks, can neither choose the exit code nor see a second signal. What can is {@code sun.misc.Signal} of
 * the module jdk.unsupported; it is called by reflection, since the compiler warns about every mention of it.
 *
 * <p>Threading: handlers run on a thread of the JVM, one per signal that arrives.
 */
final class Signals {

    private Signals() {}

    /**
     * Handles a signal instead of the JVM.
     *
     * @param name without SIG, such as {@code TERM}
     * @param handler is given its number
     * @throws IllegalStateException when this JVM or platform cannot
     */
    static void on(String name, IntConsumer handler) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> signalHandler = Class.forName("sun.misc.SignalHandler");
            Method number = signal.getMethod("getNumber");
            Object proxy = Proxy.newProxyInstance(
                    signalHandler.getClassLoader(),
                    new Class<?>[] {signalHandler},
                    (self, method, arguments) -> switch (method.getName()) {
                        case "handle" -> {
                            handler.accept((int) number.invoke(arguments[0]));
                            yield null;
                        }
                        case "hashCode" -> System.identityHashCode(self);
                        case "equals" -> self == arguments[0];
                        default -> "handler of " + name;
                    });
            signal.getMethod("handle", signal, signalHandler)
                    .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException("signal " + name + " cannot be handled here", e.getCause());
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(
                    "signals cannot be handled by this JVM (expected: module jdk.unsupported)", e);
        }
    }
}
