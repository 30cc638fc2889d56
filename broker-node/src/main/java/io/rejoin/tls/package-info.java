/**
 * TLS of the listeners: certificates from PEM files, taken anew when the files change. Entry type: {@link io.rejoin.tls.ListenerTls}.
 */
@NullMarked
package io.rejoin.tls;

import org.jspecify.annotations.NullMarked;
