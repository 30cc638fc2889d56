/**
 * Between a node and the application's backend, over HTTP: the server API that backends call, and the keys of their tokens. Entry type:
 * {@link io.rejoin.api.ApiServer}. It knows neither rooms nor sessions nor the cluster; what a request does is a port of the package that
 * does it.
 */
@NullMarked
package io.rejoin.api;

import org.jspecify.annotations.NullMarked;
